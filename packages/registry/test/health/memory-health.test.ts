import { beforeEach, expect, test } from "vitest";
import type { HealthFailure, HealthStore, Permit } from "../../src/health/health.ts";
import { createMemoryHealth } from "../../src/health/memory-health.ts";
import { POLICY } from "../../src/health/policy.ts";

const SUBJECT = { provider: "one", model: "small" };
const OTHER_MODEL = { provider: "one", model: "large" };
const MINUTE = 60_000;

let time: number;
let chance: number;
let health: HealthStore;

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

function admit(subject = SUBJECT, force = false): Permit | undefined {
  return health.admit(subject, { force }) as Permit | undefined;
}

function fail(
  code: keyof typeof POLICY,
  facts?: Partial<HealthFailure>,
  permit: Permit | undefined = admit(),
): void {
  if (permit === undefined) throw new Error("nobody may ask");
  void health.fail(permit, failure(code, facts));
}

test("three counted failures in a row open the breaker, and a success between them starts over", () => {
  fail("server");
  fail("server");
  void health.succeed(admit() as Permit);
  fail("server");
  fail("server");
  expect(health.peek(SUBJECT).state).toBe("ready");

  fail("server");

  expect(health.peek(SUBJECT)).toMatchObject({
    state: "cooling",
    remainingMs: 10_000,
    code: "server",
    repeats: 3,
  });
  expect(admit()).toBeUndefined();
});

test("failures of calls that were under way when the breaker opened change nothing", () => {
  const permits = Array.from({ length: 100 }, () => admit());

  for (const permit of permits) {
    time += 1;
    fail("server", {}, permit);
  }

  expect(health.peek(SUBJECT).remainingMs).toBe(10_000 - 97);
});

test("each failed probe doubles the cooldown, at most to the longest", () => {
  for (let count = 0; count < 3; count++) fail("server");
  const lengths = [];

  for (let probe = 0; probe < 7; probe++) {
    const { remainingMs } = health.peek(SUBJECT);
    lengths.push(remainingMs / 1_000);
    time += remainingMs;
    fail("server");
  }

  expect(lengths).toEqual([10, 20, 40, 80, 160, 300, 300]);
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

  expect(health.peek(SUBJECT).state).toBe("ready");
});

test("a shorter cooldown never shortens a longer one", () => {
  const late = admit();
  fail("blocked");

  fail("rate-limit", { retryAfterMs: 1_000 }, late);

  expect(health.peek(SUBJECT)).toMatchObject({ remainingMs: 15 * MINUTE, code: "blocked", hard: true });
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

  void health.succeed(admit() as Permit);

  expect(health.peek(SUBJECT).state).toBe("ready");
});

test("a success from before the cooldown closes nothing", () => {
  const early = admit();
  fail("auth");

  void health.succeed(early as Permit);

  expect(health.peek(SUBJECT).state).toBe("cooling");
});

test("a probe whose caller walks away gives the slot back", () => {
  fail("auth");
  time += 5 * MINUTE;

  void health.release(admit() as Permit);

  expect(admit()?.probe).toBeDefined();
});

test("a probe that fails in another scope gives the slot back", () => {
  fail("rate-limit", { retryAfterMs: 1_000 });
  time += 1_000;

  fail("network", { scope: "origin", origin: "https://one.example" });

  expect(health.peek(SUBJECT).state).toBe("half-open");
});

test("a probe that tells nothing for half a minute loses the slot, and its late success closes nothing", () => {
  fail("auth");
  time += 5 * MINUTE;
  const lost = admit() as Permit;
  time += 30_000;
  const next = admit() as Permit;

  void health.succeed(lost);

  expect(next.probe).toBeDefined();
  expect(health.peek(SUBJECT).state).toBe("probing");
});

test("force passes a cooldown as its probe, once", () => {
  fail("auth");

  const probes = [admit(SUBJECT, true), admit(SUBJECT, true)].map((permit) => permit?.probe !== undefined);

  expect(probes).toEqual([true, false]);
});

test("ten minutes of success make the next cooldown a first one again", () => {
  fail("blocked");
  time += 15 * MINUTE;
  void health.succeed(admit() as Permit);
  time += 9 * MINUTE;
  fail("blocked");
  expect(health.peek(SUBJECT).remainingMs).toBe(60 * MINUTE);
  time += 60 * MINUTE;
  void health.succeed(admit() as Permit);
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

  expect(health.peek(OTHER_MODEL).state === "cooling").toBe(reached);
});

test("a cooldown of an origin covers every provider that is known to be there", () => {
  const neighbour = { provider: "two", model: "any" };
  const stranger = { provider: "three", model: "any" };
  const at = { scope: "origin", origin: "https://one.example" } as const;
  fail("network", at, admit(neighbour));

  fail("blocked", at);

  const states = [SUBJECT, neighbour, stranger].map((subject) => health.peek(subject).state);
  expect(states).toEqual(["cooling", "cooling", "ready"]);
});

test("a cooldown of an origin covers a provider that never failed, where its base URL tells its origin", () => {
  const origin = "https://one.example";
  const neighbour = { provider: "two", model: "any", origin };

  fail("blocked", { scope: "origin", origin });

  expect(health.peek(neighbour).state).toBe("cooling");
});

test("names from anywhere do not fill the memory", () => {
  const before = Array.from({ length: 1_000 }, (_, index) => ({
    provider: "one",
    model: `made-up-${index}`,
  }));
  for (const subject of before) fail("not-found", {}, admit(subject));
  time += 24 * 60 * MINUTE;

  fail("not-found");

  expect(before.map((subject) => health.peek(subject).state).filter((state) => state !== "ready")).toEqual(
    [],
  );
  expect(health.peek(SUBJECT).state).toBe("cooling");
});
