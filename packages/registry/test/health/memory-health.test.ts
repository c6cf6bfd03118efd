import { beforeEach, expect, test } from "vitest";
import type { AdmitOptions, HealthFailure, HealthSubject, Permit } from "../../src/health/health.ts";
import { createMemoryHealth, type MemoryHealth } from "../../src/health/memory-health.ts";
import { POLICY } from "../../src/health/policy.ts";

const SUBJECT = { provider: "one", model: "small" };
const OTHER_MODEL = { provider: "one", model: "large" };
const MINUTE = 60_000;

let time: number;
let chance: number;
let health: MemoryHealth;

beforeEach(() => {
  time = 1_000_000;
  chance = 0.5;
  health = createMemoryHealth({ now: () => time, random: () => chance });
});

function failure(code: keyof typeof POLICY, facts: Partial<HealthFailure> = {}): HealthFailure {
  const { health: effect, hard, ...lengths } = POLICY[code];
  if (effect === "none") throw new Error(`${code} is not remembered`);
  return { ...lengths, code, scope: "model", effect, hard: hard === "always", ...facts };
}

function admit(subject: HealthSubject = SUBJECT, options?: AdmitOptions): Permit | undefined {
  const answer = health.admit(subject, options);
  return answer.admitted ? answer : undefined;
}

/** Opens the breaker of `SUBJECT` for ten seconds. */
function open(): void {
  for (let count = 0; count < 3; count++) fail("server");
}

function fail(
  code: keyof typeof POLICY,
  facts?: Partial<HealthFailure>,
  permit: Permit | undefined = admit(),
): void {
  if (permit === undefined) throw new Error("nobody may ask");
  health.fail(permit, failure(code, facts));
}

test("three counted failures in a row open the breaker, and a success between them starts over", () => {
  fail("server");
  fail("server");
  health.succeed(admit() as Permit);
  fail("server");
  fail("server");
  expect(health.peek(SUBJECT).state).toBe("well");

  fail("server");

  expect(health.peek(SUBJECT)).toMatchObject({
    state: "cooling",
    remainingMs: 10_000,
    code: "server",
    repeats: 3,
  });
  expect(admit()).toBeUndefined();
});

test("an answer that began before the failures does not break their row, and one that began after them does", () => {
  const early = admit() as Permit;
  fail("server");
  fail("server");
  health.succeed(early);
  fail("server");
  expect(health.peek(SUBJECT).state).toBe("cooling");

  health.reset();
  fail("server");
  fail("server");
  health.succeed(admit() as Permit);
  fail("server");

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("failures of calls that were under way when the breaker opened change nothing", () => {
  const permits = Array.from({ length: 100 }, () => admit());

  for (const permit of permits) {
    time += 1;
    fail("server", {}, permit);
  }

  expect(health.peek(SUBJECT).remainingMs).toBe(10_000 - 97);
});

test.each([
  ["server", [10, 10, 20, 30, 30, 30]],
  ["timeout", [10, 10, 20, 40, 60, 60]],
] as const)(
  "after a second first cooldown each failed probe doubles it, at most to the longest: %s",
  (code, expected) => {
    for (let count = 0; count < 3; count++) fail(code);
    const lengths = [];

    for (let probe = 0; probe < 6; probe++) {
      const { remainingMs } = health.peek(SUBJECT);
      lengths.push(remainingMs / 1_000);
      time += remainingMs;
      fail(code);
    }

    expect(lengths).toEqual(expected);
  },
);

test("the time that a probe took counts as a part of the cooldown that follows", () => {
  for (let count = 0; count < 3; count++) fail("timeout");
  time += 10_000;
  const probe = admit() as Permit;
  time += 4_000;

  fail("timeout", {}, probe);

  expect(health.peek(SUBJECT).remainingMs).toBe(6_000);
});

test("a time that a server states begins when it is told", () => {
  open();
  time += 10_000;
  const probe = admit() as Permit;
  time += 4_000;

  fail("rate-limit", { retryAfterMs: 20_000, hard: true }, probe);

  expect(health.peek(SUBJECT)).toMatchObject({ state: "refused", remainingMs: 20_000 });
});

test("a block is four times as long each time, at most a day", () => {
  const lengths = [];

  for (let probe = 0; probe < 5; probe++) {
    fail("blocked");
    const { remainingMs } = health.peek(SUBJECT);
    lengths.push(remainingMs / MINUTE);
    time += remainingMs;
  }

  expect(lengths).toEqual([15, 60, 240, 960, 1_440]);
});

test.each([
  [0, 8_000],
  [0.5, 10_000],
  [1, 12_000],
])("chance %d moves a cooldown by at most a fifth", (random, length) => {
  chance = random;

  for (let count = 0; count < 3; count++) fail("server");

  expect(health.peek(SUBJECT).remainingMs).toBeCloseTo(length);
});

test.each([
  [2_000, 2_000],
  [undefined, 30_000],
  [10 * 365 * 24 * 60 * MINUTE, 24 * 60 * MINUTE],
])("a stated wait of %s ms is kept as it is, up to a day", (retryAfterMs, length) => {
  fail("rate-limit", { retryAfterMs });

  expect(health.peek(SUBJECT).remainingMs).toBe(length);
});

test("a stated wait of zero is no cooldown", () => {
  fail("rate-limit", { retryAfterMs: 0 });

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("a shorter cooldown never shortens a longer one", () => {
  const late = admit();
  fail("blocked");

  fail("rate-limit", { retryAfterMs: 1_000 }, late);

  expect(health.peek(SUBJECT)).toMatchObject({
    state: "refused",
    remainingMs: 15 * MINUTE,
    code: "blocked",
  });
});

test("a longer cooldown prolongs a shorter one", () => {
  const late = admit();
  fail("rate-limit", { retryAfterMs: 1_000 });

  fail("rate-limit", { retryAfterMs: 5_000 }, late);

  expect(health.peek(SUBJECT).remainingMs).toBe(5_000);
});

test("after a cooldown exactly one of a hundred callers is the probe", () => {
  fail("auth", { scope: "key" });
  time += 5 * MINUTE;

  const permits = Array.from({ length: 100 }, () => admit());

  expect(permits.filter((permit) => permit !== undefined)).toHaveLength(1);
  expect(health.peek(SUBJECT).state).toBe("probing");
});

test("a probe that succeeds closes the breaker", () => {
  fail("auth");
  time += 5 * MINUTE;

  health.succeed(admit() as Permit);

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("a success from before the cooldown closes nothing", () => {
  const early = admit();
  fail("auth");

  health.succeed(early as Permit);

  expect(health.peek(SUBJECT).state).toBe("refused");
});

test("a probe whose caller walks away gives the slot back", () => {
  fail("auth");
  time += 5 * MINUTE;

  health.release(admit() as Permit);

  expect(admit()?.probe).toBeDefined();
});

test("a probe that fails in another scope gives the slot back", () => {
  fail("rate-limit", { retryAfterMs: 1_000 });
  time += 1_000;

  fail("network", { scope: "origin", origin: "https://one.example" });

  expect(health.peek(SUBJECT)).toMatchObject({ state: "probing", remainingMs: 0 });
});

test("a probe that is silent beyond its timer loses the slot to another", () => {
  open();
  time += 10_000;
  admit(SUBJECT, { firstChunkMs: 5_000 });
  time += 6_999;
  expect(admit()).toBeUndefined();
  time += 1;

  expect(admit()?.probe).toBeDefined();
});

test("a probe whose timer is off loses the slot after half a minute", () => {
  open();
  time += 10_000;
  admit(SUBJECT, { firstChunkMs: 0 });
  time += 30_000;

  expect(admit()?.probe).toBeDefined();
});

test("a probe that outlives its lease closes the breaker all the same", () => {
  open();
  time += 10_000;
  const slow = admit(SUBJECT, { firstChunkMs: 30_000 }) as Permit;
  time += 40_000;
  admit();

  health.commit(slow);

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("the first content of a probe closes the breaker, and its failure after that opens it again, longer", () => {
  open();
  time += 10_000;
  fail("server");
  time += 10_000;
  const probe = admit() as Permit;

  health.commit(probe);
  expect(health.peek(SUBJECT).state).toBe("well");
  fail("interrupted", {}, probe);

  expect(health.peek(SUBJECT)).toMatchObject({ state: "cooling", remainingMs: 20_000 });
});

test("after the answer of a probe a single failure is a single failure", () => {
  open();
  time += 10_000;
  const probe = admit() as Permit;
  health.commit(probe);
  health.succeed(probe);

  fail("server", {}, probe);

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("a refusal says state, time left, code and how long ago it was asked, and settles with the probe", async () => {
  open();
  time += 4_000;
  expect(health.admit(SUBJECT)).toMatchObject({
    admitted: false,
    state: "cooling",
    remainingMs: 6_000,
    openMs: 4_000,
    code: "server",
    askedMs: 4_000,
    settled: undefined,
  });
  time += 6_000;
  const probe = admit() as Permit;
  const refusal = health.admit(SUBJECT);
  if (refusal.admitted) expect.fail("two probes");

  health.commit(probe);

  expect(refusal.state).toBe("probing");
  expect(refusal.remainingMs).toBeGreaterThan(0);
  await refusal.settled;
  expect(admit()).toBeDefined();
});

test.each([
  ["fails", (probe: Permit) => fail("server", {}, probe)],
  ["is given back", (probe: Permit) => health.release(probe)],
  ["is forgotten", () => health.reset()],
])("who waits for a probe waits no longer when it %s", async (_, end) => {
  open();
  time += 10_000;
  const probe = admit() as Permit;
  const refusal = health.admit(SUBJECT);
  if (refusal.admitted) expect.fail("two probes");

  end(probe);

  await expect(refusal.settled).resolves.toBeUndefined();
});

test("nobody waits for a probe that is older than two seconds", () => {
  open();
  time += 10_000;
  admit();
  time += 2_000;

  expect(health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "probing", settled: undefined });
});

test("failures during a cooldown do not lengthen it, those of calls that were let through neither", () => {
  const late = Array.from({ length: 20 }, () => admit());
  open();
  time += 9_000;
  for (const permit of late) fail("server", {}, permit);
  fail("server", {}, admit(SUBJECT, { insist: "cooling" }));

  expect(health.peek(SUBJECT)).toMatchObject({ state: "cooling", remainingMs: 1_000 });
  time += 1_000;
  fail("server");
  expect(health.peek(SUBJECT).remainingMs).toBe(10_000);
  time += 10_000;
  fail("server");
  expect(health.peek(SUBJECT).remainingMs).toBe(20_000);
});

test("a blip of two seconds under twenty callers costs one first cooldown", () => {
  let opened = 0;
  for (let elapsed = 0; elapsed < 2_000; elapsed += 100) {
    const permits = Array.from({ length: 20 }, () => admit()).filter((permit) => permit !== undefined);
    time += 100;
    for (const permit of permits) fail("server", {}, permit);
    if (health.peek(SUBJECT).state === "cooling" && opened === 0) opened = time;
  }
  time = opened + 10_000;

  const probe = admit() as Permit;
  health.commit(probe);

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("a harder failure during a cooldown counts, with its own time", () => {
  const late = admit();
  open();

  fail("blocked", {}, late);

  expect(health.peek(SUBJECT)).toMatchObject({ state: "refused", remainingMs: 15 * MINUTE, code: "blocked" });
});

test("a time that the server stated is kept beside a later failure without one", () => {
  const late = admit();
  fail("rate-limit", { retryAfterMs: 20_000, hard: true });
  fail("rate-limit", {}, late);

  expect(admit(SUBJECT, { insist: "alone" })).toBeUndefined();
  expect(health.peek(SUBJECT)).toMatchObject({ state: "refused", remainingMs: 20_000 });
});

test("a time stated with a counted failure is kept at once", () => {
  fail("server", { retryAfterMs: 90_000, hard: true });

  expect(health.peek(SUBJECT)).toMatchObject({ state: "refused", remainingMs: 90_000 });
});

test("insisting passes a cooldown twice in two seconds, one call at a time, and never a refusal", () => {
  open();
  const insist = () => admit(SUBJECT, { insist: "cooling" });
  const first = insist() as Permit;
  expect(insist()).toBeUndefined();
  fail("server", {}, first);
  const second = insist() as Permit;
  fail("server", {}, second);
  expect(insist()).toBeUndefined();
  time += 2_000;
  const third = insist() as Permit;

  fail("auth", { hard: true }, third);

  expect(insist()).toBeUndefined();
});

test("who is alone is let through during a cooldown and beside a probe", () => {
  open();
  const alone = () => admit(SUBJECT, { insist: "alone" });

  expect([alone(), alone(), alone()]).not.toContain(undefined);
  time += 10_000;
  admit();
  expect(alone()).toBeDefined();
});

/** Answers of half a second, as many as it takes to know that this is usual. */
function answer(count = 10): void {
  for (let number = 0; number < count; number++) {
    const permit = admit(SUBJECT, { firstChunkMs: 30_000 }) as Permit;
    time += 500;
    health.succeed(permit);
  }
}

test.each([
  ["of whom nothing is known", 0, 13],
  ["who always answers at once", 10, 3],
])(
  "calls that wait in silence together make a suspect before any of them ends: one %s",
  (_, answers, most) => {
    answer(answers);
    let admitted = 0;
    for (let second = 0; second < 30; second++) {
      if (admit(SUBJECT, { firstChunkMs: 30_000 }) !== undefined) admitted++;
      if (health.peek(SUBJECT).state === "suspect") break;
      time += 1_000;
    }

    expect(admitted).toBe(most);
    expect(health.peek(SUBJECT)).toMatchObject({ code: "timeout", effect: "suspect" });
  },
);

test("who now and then takes long to begin is no suspect when some calls wait", () => {
  for (let number = 0; number < 20; number++) {
    const permit = admit(SUBJECT, { firstChunkMs: 30_000 }) as Permit;
    time += number % 5 === 0 ? 12_000 : 500;
    health.succeed(permit);
  }
  admit(SUBJECT, { firstChunkMs: 30_000 });
  admit(SUBJECT, { firstChunkMs: 30_000 });
  time += 15_000;

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("a probe into silence is to wait a sixth of its timer, and longer each time that it fails", () => {
  answer();
  const waits = [];
  for (let count = 0; count < 2; count++) admit(SUBJECT, { firstChunkMs: 30_000 });
  time += 3_000;

  for (let number = 0; number < 5; number++) {
    const { state, remainingMs } = health.peek(SUBJECT);
    expect(state).toBe("suspect");
    time += remainingMs;
    const probe = admit(SUBJECT, { firstChunkMs: 30_000 }) as Permit;
    waits.push((probe.patienceMs ?? 0) / 1_000);
    time += probe.patienceMs ?? 0;
    health.release(probe, { silent: true });
  }

  expect(waits).toEqual([5, 5, 10, 20, 40]);
});

test("a probe whose caller leaves at once tells nothing, and the next call probes", () => {
  open();
  time += 10_000;
  const probe = admit(SUBJECT, { firstChunkMs: 30_000 }) as Permit;
  time += 100;

  health.release(probe, { silent: true });

  expect(admit()?.probe).toBeDefined();
});

test("a probe after another failure than silence waits as long as every call", () => {
  open();
  time += 10_000;

  expect(admit(SUBJECT, { firstChunkMs: 30_000 })).toMatchObject({ patienceMs: undefined });
});

test("a suspect is let through on demand, and tested by one call after ten seconds", () => {
  for (let count = 0; count < 40; count++) admit(SUBJECT, { firstChunkMs: 30_000 });
  time += 4_000;
  expect(health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "suspect" });
  expect(admit(SUBJECT, { insist: "suspect" })).toBeDefined();
  time += 10_000;

  expect(admit()?.probe).toBeDefined();
  expect(admit()).toBeUndefined();
});

test("any content ends a suspicion, also that of a call from before it", () => {
  const [early] = Array.from({ length: 40 }, () => admit(SUBJECT, { firstChunkMs: 30_000 }));
  time += 4_000;
  expect(admit()).toBeUndefined();

  health.commit(early as Permit);

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("one call that waits alone makes nobody a suspect", () => {
  admit(SUBJECT, { firstChunkMs: 30_000 });
  time += 29_000;

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("a storm of calls to a server that answers each in its time makes nobody a suspect", () => {
  for (let round = 0; round < 5; round++) {
    const permits = Array.from({ length: 500 }, () => admit(SUBJECT, { firstChunkMs: 30_000 }) as Permit);
    expect(permits).not.toContain(undefined);
    time += 800;
    for (const permit of permits) health.succeed(permit);
  }

  expect(health.peek(SUBJECT).state).toBe("well");
});

test("impatient callers add up: what they waited in vain is told when it exceeds the timer", () => {
  const impatient = () => {
    const permit = admit(SUBJECT, { firstChunkMs: 1_000 }) as Permit;
    time += 300;
    health.release(permit, { silent: true });
  };
  for (let count = 0; count < 3; count++) impatient();
  expect(health.peek(SUBJECT).state).toBe("well");

  impatient();

  expect(health.peek(SUBJECT)).toMatchObject({ state: "suspect", code: "timeout" });
});

test("content between impatient callers starts their sum anew", () => {
  for (let count = 0; count < 8; count++) {
    const permit = admit(SUBJECT, { firstChunkMs: 1_000 }) as Permit;
    time += 300;
    if (count % 2 === 0) health.commit(permit);
    health.release(permit, { silent: true });
  }

  expect(health.peek(SUBJECT).state).toBe("well");
});

test.each([
  ["keys", { key: "k1" }, { key: "k2" }],
  ["servers", { origin: "https://one.example/v1" }, { origin: "https://two.example/v1" }],
  ["paths of one server", { origin: "https://one.example/a" }, { origin: "https://one.example/b" }],
])("under one id nothing of two %s touches the other", (_, one, two) => {
  const permits = Array.from({ length: 3 }, () => admit({ ...SUBJECT, ...one }));
  for (const [index, scope] of (["key", "model", "provider"] as const).entries())
    fail("auth", { scope, hard: true }, permits[index]);

  expect(health.peek({ ...SUBJECT, ...one }).state).toBe("refused");
  expect(health.peek({ ...SUBJECT, ...two }).state).toBe("well");
});

test("a failure of a server reaches every path of it", () => {
  fail(
    "blocked",
    { scope: "origin", origin: "https://one.example" },
    admit({ ...SUBJECT, origin: "https://one.example/a" }),
  );

  expect(health.peek({ ...SUBJECT, origin: "https://one.example/b" }).state).toBe("refused");
});

test("what is forgotten of one provider is not forgotten of another", () => {
  const other = { provider: "two", model: "any" };
  const permits = Array.from({ length: 4 }, () => admit());
  for (const [index, scope] of (["key", "model", "provider", "origin"] as const).entries())
    fail("abuse", { scope }, permits[index]);
  fail("abuse", {}, admit(other));

  health.reset({ provider: "one" });

  expect(health.peek(SUBJECT).state).toBe("well");
  expect(health.peek(other).state).toBe("cooling");
  health.reset();
  expect(health.peek(other).state).toBe("well");
});

test("at most a thousand entries are kept, the oldest models go first, and what is known of the key stays", () => {
  fail("auth", { scope: "key", hard: true });
  const models = Array.from({ length: 3_000 }, (_, index) => ({
    provider: "two",
    model: `made-up-${index}`,
  }));

  for (const subject of models) fail("not-found", {}, admit(subject));

  const kept = models.filter((subject) => health.peek(subject).state !== "well");
  expect(kept.length).toBeLessThan(1_000);
  expect(kept).toEqual(models.slice(-kept.length));
  expect(health.peek(SUBJECT).state).toBe("refused");
});

test("ten minutes of success make the next cooldown a first one again", () => {
  fail("blocked");
  time += 15 * MINUTE;
  health.succeed(admit() as Permit);
  time += 9 * MINUTE;
  fail("blocked");
  expect(health.peek(SUBJECT).remainingMs).toBe(60 * MINUTE);
  time += 60 * MINUTE;
  health.succeed(admit() as Permit);
  time += 10 * MINUTE;

  fail("blocked");

  expect(health.peek(SUBJECT).remainingMs).toBe(15 * MINUTE);
});

test.each([
  ["model", false],
  ["key", true],
  ["provider", true],
  ["origin", true],
] as const)("a failure of the %s reaches the provider's other models: %s", (scope, reached) => {
  fail("auth", { scope });

  expect(health.peek(OTHER_MODEL).state === "refused").toBe(reached);
});

test("a cooldown of an origin covers every provider that is known to be there", () => {
  const neighbour = { provider: "two", model: "any" };
  const stranger = { provider: "three", model: "any" };
  const at = { scope: "origin", origin: "https://one.example" } as const;
  fail("network", at, admit(neighbour));

  fail("blocked", at);

  const states = [SUBJECT, neighbour, stranger].map((subject) => health.peek(subject).state);
  expect(states).toEqual(["refused", "refused", "well"]);
});

test("a cooldown of an origin covers a provider that never failed, where its base URL tells its origin", () => {
  const origin = "https://one.example";
  const neighbour = { provider: "two", model: "any", origin };

  fail("blocked", { scope: "origin", origin });

  expect(health.peek(neighbour).state).toBe("refused");
});

test("names from anywhere do not fill the memory", () => {
  const before = Array.from({ length: 1_000 }, (_, index) => ({
    provider: "one",
    model: `made-up-${index}`,
  }));
  for (const subject of before) fail("not-found", {}, admit(subject));
  time += 24 * 60 * MINUTE;

  fail("not-found");

  expect(before.map((subject) => health.peek(subject).state).filter((state) => state !== "well")).toEqual([]);
  expect(health.peek(SUBJECT).state).toBe("cooling");
});

function needing(...needs: NonNullable<HealthSubject["needs"]>): HealthSubject {
  return { ...SUBJECT, needs };
}

test("what is refused for a need is remembered for that need and that model alone, for an hour", () => {
  fail("unsupported", { scope: "need", need: "tools" }, admit(needing("tools", "json")));

  expect(health.peek(needing("tools"))).toMatchObject({
    state: "cooling",
    remainingMs: 60 * MINUTE,
    need: "tools",
  });
  expect(health.peek(needing("images", "tools")).state).toBe("cooling");
  expect(health.peek(needing("json")).state).toBe("well");
  expect(health.peek({ ...OTHER_MODEL, needs: ["tools"] }).state).toBe("well");
  expect(health.peek(SUBJECT)).toMatchObject({
    state: "well",
    refused: [{ need: "tools", remainingMs: 60 * MINUTE }],
  });
  time += 60 * MINUTE;
  expect(health.peek(SUBJECT).refused).toBeUndefined();
  health.commit(admit(needing("tools")) as Permit);
  expect(health.peek(needing("tools")).state).toBe("well");
});

test("a refusal that names no need is about all that the call needs together", () => {
  fail("unsupported", { scope: "need" }, admit(needing("tools", "images")));

  expect(health.peek(needing("tools", "images"))).toMatchObject({ state: "cooling", need: "tools+images" });
  expect([needing("tools"), needing("images"), SUBJECT].map((subject) => health.peek(subject).state)).toEqual(
    ["well", "well", "well"],
  );
});

test("what was refused is forgotten with its instance", () => {
  fail("unsupported", { scope: "need", need: "tools" }, admit(needing("tools")));

  health.reset({ provider: "one" });

  expect(health.peek(needing("tools")).state).toBe("well");
});

test("a second model of a key that fails so rules the key out, and a first one does not", () => {
  const third = { ...SUBJECT, model: "third" };
  const facts = { cooldownMs: 5 * MINUTE, second: failure("payment", { scope: "key" }) };
  fail("payment", facts);
  expect(health.peek(SUBJECT).remainingMs).toBe(5 * MINUTE);
  expect(health.peek(OTHER_MODEL).state).toBe("well");

  fail("payment", facts, admit(OTHER_MODEL));

  expect(health.peek(third)).toMatchObject({ state: "refused", remainingMs: 60 * MINUTE, code: "payment" });
  expect(health.peek({ ...third, key: "another" }).state).toBe("well");
});

test("one model that fails so again, and two that fail in different ways, say nothing about the key", () => {
  const third = { ...SUBJECT, model: "third" };
  fail("payment", { cooldownMs: 5 * MINUTE, second: failure("payment", { scope: "key" }) });
  fail("auth", { second: failure("auth", { scope: "key" }) }, admit(OTHER_MODEL));
  time += 5 * MINUTE;
  fail("payment", { second: failure("payment", { scope: "key" }) });

  expect(health.peek(third).state).toBe("well");
});

test("a key and model without room is refused until the reset, by whoever it is asked", () => {
  const limits = { requests: { minute: 1 } };
  expect(admit(SUBJECT, { limits })).toBeDefined();

  expect(health.admit(SUBJECT, { limits, insist: "alone" })).toMatchObject({
    admitted: false,
    state: "refused",
    code: "rate-limit",
    remainingMs: MINUTE,
    lacking: { unit: "requests", limit: 1, left: 0, source: "declared by the preset" },
  });
  expect(admit(OTHER_MODEL, { limits })).toBeDefined();
  expect(admit({ ...SUBJECT, key: "another" }, { limits })).toBeDefined();
  time += MINUTE;
  expect(health.peek(SUBJECT, { limits })).toMatchObject({ state: "well", limits: [{ left: 1 }] });
  expect(admit(SUBJECT, { limits })).toBeDefined();
});

test("a remaining of 0 on a success refuses the next call until the reset", () => {
  const permit = admit() as Permit;
  health.note(permit, [{ name: "requests", unit: "requests", limit: 30, remaining: 0, resetMs: 9_000 }]);
  health.succeed(permit);

  expect(admit()).toBeUndefined();
  expect(health.peek(SUBJECT)).toMatchObject({
    state: "refused",
    limits: [{ source: "told by the server" }],
  });
  time += 9_000;
  expect(admit()).toBeDefined();
  expect(health.peek(SUBJECT).limits).toBeUndefined();
});

test("a request is measured only where tokens are limited, and once it is, what it took is settled", () => {
  let measured = 0;
  const characters = () => {
    measured++;
    return 3_500;
  };
  admit(SUBJECT, { characters });
  admit(OTHER_MODEL, { characters, limits: { requests: { day: 9 } } });
  expect(measured).toBe(0);
  const limits = { tokens: { minute: 1_500 } };
  const third = { ...SUBJECT, model: "third" };

  const permit = admit(third, { characters, limits }) as Permit;
  expect(health.peek(third).limits).toMatchObject([{ unit: "tokens", left: 500 }]);
  expect(admit(third, { characters, limits })).toBeUndefined();
  health.succeed(permit, { inputTokens: 400, outputTokens: 100 });

  expect(health.peek(third).limits).toMatchObject([{ left: 1_000 }]);
  const failed = admit(third, { characters: () => 350, limits }) as Permit;
  health.release(failed);
  expect(health.peek(third).limits).toMatchObject([{ left: 1_000 }]);
});

test("a limit that only a refusal told of is known as long as it holds", () => {
  fail("rate-limit", { retryAfterMs: 20_000, hard: true });

  expect(health.peek(SUBJECT).limits).toEqual([
    { unit: "requests", left: 0, remainingMs: 20_000, source: "learned from a refusal" },
  ]);
  time += 20_000;
  expect(health.peek(SUBJECT).limits).toBeUndefined();
});

test("calls that were under way when the first header came are counted with it", () => {
  const permits = Array.from({ length: 3 }, () => admit() as Permit);

  health.note(permits[0] as Permit, [{ name: "requests", unit: "requests", remaining: 3, resetMs: 9_000 }]);

  expect(health.peek(SUBJECT).limits).toMatchObject([{ left: 1 }]);
  expect([admit(), admit()].map((permit) => permit !== undefined)).toEqual([true, false]);
});
