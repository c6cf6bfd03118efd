import { ChatError, chat, type ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { expect, test, vi } from "vitest";
import {
  ChainExhaustedError,
  type ChainOptions,
  createChain,
  createMemoryHealth,
  createRegistry,
  type HealthStore,
  type MemoryHealth,
} from "../../src/index.ts";
import { answer, type FakeProvider, fakeProvider, QUESTION, type Turn } from "../fake-provider.ts";

const HERE = answer("here");
const MINUTE = 60_000;
const CARD = {
  specificationVersion: 1,
  id: "one",
  name: "One",
  status: { state: "active", checked: "2026-01-01" },
  models: [{ id: "m" }],
};

/** A store whose clock stands where it is put. */
function healthAt(time: { now: number }): MemoryHealth {
  return createMemoryHealth({ now: () => time.now, random: () => 0.5 });
}

async function routeOf(providers: Parameters<typeof createChain>[0], options: ChainOptions) {
  const reply = chat(createChain(providers, options), QUESTION);
  const error: unknown = await reply.text().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { error, route: reply.route.attempts.map(({ provider, outcome }) => `${provider} ${outcome}`) };
}

function failing(code: ConstructorParameters<typeof ChatError>[0], details = {}): Turn {
  return [new ChatError(code, "failed on purpose", details)];
}

test("who cools down is skipped, and the route says until when", async () => {
  const health = createMemoryHealth();
  const chain = createChain([fakeProvider("first", [failing("blocked")]), fakeProvider("second", [HERE])], {
    health,
  });
  await chat(chain, QUESTION).text();

  const { route } = await chat(chain, QUESTION).result();

  expect(route.attempts[0]).toMatchObject({ provider: "first", outcome: "skipped", code: "blocked" });
  expect(route.attempts[0]?.reason).toMatch(
    /^refused since \d{4}-.+Z until \d{4}-.+Z, ended by a probe after that time, or `resetHealth\(\)`/,
  );
});

test("of a hundred parallel calls at the end of a cooldown one is the probe, and the others wait for its first content", async () => {
  const time = { now: 0 };
  const first = fakeProvider("first", [failing("blocked"), HERE]);
  const chain = createChain([first, fakeProvider("second", [answer("there")])], { health: healthAt(time) });
  await chat(chain, QUESTION).text();
  time.now += 15 * MINUTE;

  const texts = await Promise.all(Array.from({ length: 100 }, () => chat(chain, QUESTION).text()));

  expect(texts).toEqual(Array(100).fill("here"));
});

test("when all cool down, the softest that opened first is asked, and only it", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const counted = (id: string) =>
    fakeProvider(id, [failing("empty"), failing("empty"), failing("empty"), HERE]);
  const parked = fakeProvider("parked", [failing("abuse")]);
  const [late, early] = [counted("late"), counted("early")];
  await routeOf([parked], { health });
  for (const provider of [early, early, early, late, late, late]) {
    await routeOf([provider], { health });
    time.now += 1;
  }

  const { route } = await routeOf([parked, late, early], { health });

  expect(route).toEqual(["parked skipped", "late skipped", "early answered"]);
});

test("when all cool down for a reason that waiting alone cures, the call fails at once and says when", async () => {
  const health = createMemoryHealth();
  const limited = fakeProvider("limited", [failing("rate-limit", { retryAfterMs: MINUTE })]);
  const refused = fakeProvider("refused", [failing("auth")]);
  await routeOf([limited, refused], { health });

  const { error, route } = await routeOf([limited, refused], { health });

  expect(route).toEqual(["limited skipped", "refused skipped"]);
  expect(error).toBeInstanceOf(ChainExhaustedError);
  expect((error as ChainExhaustedError).retryAt?.getTime()).toBeCloseTo(Date.now() + MINUTE, -3);
  expect([limited.requests.length, refused.requests.length]).toEqual([1, 1]);
});

test("who cools down is asked once every other cools down, too", async () => {
  const health = createMemoryHealth();
  const cooling = fakeProvider("cooling", [failing("abuse"), HERE]);
  await routeOf([cooling], { health });

  const { route } = await routeOf([fakeProvider("ready", [failing("blocked")]), cooling], { health });

  expect(route).toEqual(["ready failed", "cooling answered"]);
});

test.each([
  ["rate-limit", {}, "only answered"],
  ["abuse", {}, "only answered"],
  ["rate-limit", { retryAfterMs: MINUTE }, "only skipped"],
  ["auth", {}, "only skipped"],
] as const)("a lone candidate that cools down after %s %o: %s", async (code, details, outcome) => {
  const health = createMemoryHealth();
  const only = fakeProvider("only", [failing(code, details), HERE]);
  await routeOf([only], { health });

  expect((await routeOf([only], { health })).route).toEqual([outcome]);
});

test("a lone candidate is never skipped because another call probes it", async () => {
  const health = createMemoryHealth();
  const chain = createChain([fakeProvider("only", [failing("abuse"), HERE])], { health });
  await chat(chain, QUESTION)
    .text()
    .catch(() => {});

  const texts = await Promise.all(Array.from({ length: 10 }, () => chat(chain, QUESTION).text()));

  expect(texts).toEqual(Array(10).fill("here"));
});

test("who cools down is not asked while another is well, though that one failed", async () => {
  const health = createMemoryHealth();
  const cooling = fakeProvider("cooling", [failing("abuse"), HERE]);
  await routeOf([cooling], { health });

  const { route } = await routeOf([cooling, fakeProvider("well", [failing("empty")])], { health });

  expect(route).toEqual(["cooling skipped", "well failed"]);
});

test("a well one among five that cool down is found within one call, each asked once", async () => {
  const health = createMemoryHealth();
  const providers = ["a", "b", "c", "d", "e"].map((id) =>
    fakeProvider(id, id === "e" ? [failing("abuse"), HERE] : [failing("abuse")]),
  );
  await routeOf(providers, { health });

  const { route } = await routeOf(providers, { health });

  expect(route).toEqual(["a failed", "b failed", "c failed", "d failed", "e answered"]);
});

test("calls take turns among those that cool down: who was asked longest ago comes first", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const providers = ["a", "b"].map((id) => fakeProvider(id, [failing("abuse")]));
  for (const provider of providers) {
    await routeOf([provider], { health });
    time.now += 10;
  }
  time.now += 1_000;
  await routeOf([providers[0] as FakeProvider], { health });
  time.now += 1_000;

  expect((await routeOf(providers, { health })).route).toEqual(["b failed", "a failed"]);
});

test("of fifty callers on two that have recovered all are answered", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const providers = ["first", "second"].map((id) => fakeProvider(id, [failing("abuse"), HERE]));
  await routeOf(providers, { health });
  time.now += 15 * MINUTE;

  const routes = await Promise.all(Array.from({ length: 50 }, () => routeOf(providers, { health })));

  expect(routes.filter(({ error }) => error !== undefined)).toEqual([]);
});

test("of fifty callers the one that is still down gets one prompt, and the other answers all", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const down = fakeProvider("down", [failing("abuse")]);
  const providers = [down, fakeProvider("up", [failing("abuse"), HERE])];
  await routeOf(providers, { health });
  time.now += 15 * MINUTE;

  const routes = await Promise.all(Array.from({ length: 50 }, () => routeOf(providers, { health })));

  expect(routes.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(down.requests).toHaveLength(2);
});

test("whoever waits for a silent probe goes on after two seconds", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const silent = fakeProvider("silent", [failing("abuse"), ["silence"]]);
  const providers = [silent, fakeProvider("well", [HERE])];
  await routeOf(providers, { health });
  time.now += 15 * MINUTE;
  const leaving = new AbortController();
  const probe = chat(createChain(providers, { health }), { ...QUESTION, signal: leaving.signal }).text();
  await vi.waitFor(() => expect(silent.open).toBe(1));
  const started = performance.now();

  const { route } = await routeOf(providers, { health });

  expect(route).toEqual(["silent skipped", "well answered"]);
  expect(performance.now() - started).toBeGreaterThan(1_900);
  leaving.abort();
  await expect(probe).rejects.toThrow();
});

test("one that was asked only because nobody else was left gets no second try", async () => {
  const health = createMemoryHealth();
  const only = fakeProvider("only", [failing("server")]);
  for (let call = 0; call < 2; call++) await routeOf([only], { health });
  const asked = only.requests.length;

  await routeOf([only], { health });

  expect(only.requests.length - asked).toBe(1);
});

test("a chain inside respects its open breaker while the outer one has others, and asks when none is left", async () => {
  const health = createMemoryHealth();
  const lone = fakeProvider("lone", [failing("abuse"), HERE]);
  const inner = createChain([lone], { id: "inner", health });
  await routeOf([inner], {});

  const first = await routeOf([inner, fakeProvider("outer", [HERE])], {});
  const second = await routeOf([inner, fakeProvider("other", [failing("blocked")])], {});

  expect(first.route).toEqual(["lone skipped", "outer answered"]);
  expect(second.route).toEqual(["lone skipped", "other failed", "lone answered"]);
});

test("a chain inside makes no second try while the outer one has others", async () => {
  const lone = fakeProvider("lone", [failing("server"), HERE]);
  const inner = createChain([lone], { id: "inner" });

  const { route } = await routeOf([inner, fakeProvider("outer", [HERE])], {});

  expect(route).toEqual(["lone failed", "outer answered"]);
});

test("a suspect is asked after the others", async () => {
  const health = createMemoryHealth();
  const silent = fakeProvider("silent", [["silence"]]);
  const timeouts = { firstChunkMs: 100 };
  const impatient = createChain([silent], { health, timeouts });
  for (let call = 0; call < 3; call++) {
    await chat(impatient, { ...QUESTION, signal: AbortSignal.timeout(50) })
      .text()
      .catch(() => {});
  }

  const { route } = await routeOf([silent, fakeProvider("well", [HERE])], { health, timeouts });

  expect(route).toEqual(["silent skipped", "well answered"]);
});

test("an attempt that had less time than its own settings give counts against nobody", async () => {
  const health = createMemoryHealth();
  const silent = fakeProvider("silent", [["silence"]]);
  const options = { health, timeouts: { firstChunkMs: 5_000, commitMs: 60 } };
  for (let call = 0; call < 4; call++) await routeOf([silent, fakeProvider("well", [HERE])], options);

  expect(health.peek({ provider: "silent", model: "silent-model" })).toMatchObject({
    state: "well",
    repeats: 0,
  });
});

// http-party/node-http-proxy #567, ozontech/pg_doorman #262
test.each(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL", "EACCES", "EPERM"])(
  "%s is a fault of this machine and benches nobody",
  async (code) => {
    const health = createMemoryHealth();
    const cause = Object.assign(new Error(`connect ${code}`), { code });
    const first = fakeProvider("first", [failing("network", { cause, phase: "headers" })]);

    for (let call = 0; call < 4; call++) await routeOf([first, fakeProvider("second", [HERE])], { health });

    expect(health.peek({ provider: "first", model: "first-model" })).toMatchObject({ state: "well" });
  },
);

test.each(["server", "rate-limit"] as const)("a time that comes with `%s` is waited for", async (code) => {
  const health = createMemoryHealth();
  const first = fakeProvider("first", [failing(code, { retryAfterMs: MINUTE })]);
  await routeOf([first, fakeProvider("second", [HERE])], { health });

  expect((await routeOf([first], { health })).error).toMatchObject({ retryAt: expect.any(Date) });
  expect(first.requests).toHaveLength(1);
});

test("a refusal because another call probes says when to come back", async () => {
  const time = { now: 0 };
  const memory = healthAt(time);
  // the time of a wait is another test's
  const health: HealthStore = {
    ...memory,
    admit: (subject, options) => ({ ...memory.admit(subject, options), settled: undefined }),
  };
  const providers = ["a", "b"].map((id) => fakeProvider(id, [failing("abuse"), ["silence"]]));
  await routeOf(providers, { health });
  time.now += 15 * MINUTE;
  const leaving = new AbortController();
  const probes = providers.map((provider) =>
    chat(createChain([provider], { health }), { ...QUESTION, signal: leaving.signal }).text(),
  );
  await vi.waitFor(() => expect(providers.map(({ open }) => open)).toEqual([1, 1]));

  const { error } = await routeOf(providers, { health });

  expect(error).toMatchObject({ retryAt: expect.any(Date) });
  leaving.abort();
  await Promise.allSettled(probes);
});

test("a store that answers later is waited for, and one that leaves things out will do", async () => {
  const memory = createMemoryHealth();
  const health: HealthStore = {
    peek: async (subject) => memory.peek(subject),
    admit: async (subject, options) => memory.admit(subject, options),
    succeed: async (permit) => memory.succeed(permit),
    fail: async (permit, failure) => memory.fail(permit, failure),
    release: async (permit) => memory.release(permit),
  };
  const providers = [fakeProvider("first", [failing("blocked")]), fakeProvider("second", [HERE])];

  const routes = [await routeOf(providers, { health }), await routeOf(providers, { health })];

  expect(routes.map(({ route }) => route)).toEqual([
    ["first failed", "second answered"],
    ["first skipped", "second answered"],
  ]);
});

test("one store keeps two keys and two servers under one id apart", async () => {
  const health = createMemoryHealth();
  const instance = (settings: ProviderSettings, turn: Turn) => ({
    ...fakeProvider("one", [turn]),
    ...providerCard({ fallthrough: CARD }, settings),
  });
  const headers = (authorization: string) => ({ headers: { authorization } });

  await routeOf([instance(headers("Bearer a"), failing("auth"))], { health });
  await routeOf([instance({ baseURL: "http://127.0.0.1:1/a" }, failing("auth"))], { health });

  const others = [headers("Bearer b"), { baseURL: "http://127.0.0.1:1/b" }, {}];
  for (const settings of others)
    expect((await routeOf([instance(settings, HERE)], { health })).route).toEqual(["one answered"]);
  expect((await routeOf([instance(headers("Bearer a"), HERE)], { health })).route).toEqual(["one skipped"]);
});

const TOOLS = { ...QUESTION, tools: [{ name: "clock", parameters: {} }] };

test("a model that refuses tools is passed over for tools alone, and asked again when nobody else is left", async () => {
  const health = createMemoryHealth();
  const refusing = fakeProvider("refusing", [failing("unsupported", { need: "tools" }), HERE]);
  const registry = createRegistry({ providers: [refusing, fakeProvider("able", [HERE])], health });

  const first = await registry.chat(TOOLS).result();
  const second = await registry.chat(TOOLS).result();
  const plain = await registry.chat(QUESTION).result();

  expect([first, second, plain].map(({ route }) => route.provider)).toEqual(["able", "able", "refusing"]);
  expect(second.route.attempts[0]).toMatchObject({ outcome: "skipped", code: "unsupported" });
  expect(second.route.attempts[0]?.reason).toMatch(
    /^refuses tools since \d{4}-.+Z until \d{4}-.+Z, ended by a probe/,
  );
  expect((await registry.explain())[1]).toMatchObject({
    outcome: "asked",
    state: "well",
    refused: [{ need: "tools", until: expect.any(Date) }],
  });
  expect((await registry.explain("auto", ["tools"]))[1]).toMatchObject({
    outcome: "skipped",
    state: "cooling",
  });
  expect((await chat(createChain([refusing], { health }), TOOLS).result()).text).toBe("here");
});

test.each([
  ["this request alone", { scope: "request" }, TOOLS],
  ["something that the request does not need", { need: "images" }, TOOLS],
  ["a need that plain chat does not have", {}, QUESTION],
] as const)("a refusal of %s leaves no mark", async (_, details, request) => {
  const health = createMemoryHealth();
  const refusing = fakeProvider("refusing", [failing("unsupported", details), HERE]);
  const chain = createChain([refusing, fakeProvider("able", [HERE])], { health });

  const routes = [await chat(chain, request).result(), await chat(chain, request).result()];

  expect(routes.map(({ route }) => route.provider)).toEqual(["able", "refusing"]);
});

test.each([
  ["payment", "model", ["one small", "two large"], 60],
  ["auth", "model", ["one small", "two large"], 5],
  ["payment", "key", ["one small"], 60],
  ["auth", "key", ["one small"], 5],
  ["not-found", "model", ["one small", "two large", "three huge"], 60],
] as const)("after `%s` of a %s the models %j of the key are asked", async (code, scope, asked, minutes) => {
  const time = { now: 0 };
  const health = healthAt(time);
  const models = [{ id: "small" }, { id: "large" }, { id: "huge" }];
  const key = fakeProvider("key", [failing(code, { scope })], { models });
  const candidates = models.map(({ id }) => ({ provider: key, model: id }));
  const spare = fakeProvider("spare", [HERE]);

  const { route } = await chat(createChain([...candidates, spare], { health }), QUESTION).result();

  expect(key.requests.map(({ model }) => model)).toEqual(asked.map((name) => name.split(" ")[1]));
  expect(route.provider).toBe("spare");
  const last = { provider: "key", model: scope === "key" || asked.length < 3 ? "huge" : "small" };
  time.now = minutes * MINUTE + 1;
  expect(health.peek(last).remainingMs).toBe(0);
});
