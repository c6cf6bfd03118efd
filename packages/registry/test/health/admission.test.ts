import { ChatError, chat } from "@fallthrough/core";
import { expect, test } from "vitest";
import {
  ChainExhaustedError,
  type ChainOptions,
  createChain,
  createMemoryHealth,
  type HealthStore,
} from "../../src/index.ts";
import { answer, fakeProvider, QUESTION, type Turn } from "../fake-provider.ts";

const HERE = answer("here");
const MINUTE = 60_000;

/** A store whose clock stands where it is put. */
function healthAt(time: { now: number }): HealthStore {
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
  expect(route.attempts[0]?.reason).toMatch(/^cooling until \d{4}-.+Z$/);
});

test("of a hundred parallel calls at the end of a cooldown exactly one is the probe", async () => {
  const time = { now: 0 };
  const first = fakeProvider("first", [failing("blocked"), HERE]);
  const chain = createChain([first, fakeProvider("second", [answer("there")])], { health: healthAt(time) });
  await chat(chain, QUESTION).text();
  time.now += 15 * MINUTE;

  const texts = await Promise.all(Array.from({ length: 100 }, () => chat(chain, QUESTION).text()));

  expect(texts.filter((text) => text === "here")).toHaveLength(1);
  expect(first.requests).toHaveLength(2);
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

test("who cools down when another may be asked is skipped, also once that other has failed", async () => {
  const health = createMemoryHealth();
  const cooling = fakeProvider("cooling", [failing("abuse"), HERE]);
  await routeOf([cooling], { health });

  const { route } = await routeOf([fakeProvider("ready", [failing("blocked")]), cooling], { health });

  expect(route).toEqual(["ready failed", "cooling skipped"]);
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

test("of several that all cool down, one that is being probed is not asked as well", async () => {
  const health = createMemoryHealth();
  const providers = ["first", "second"].map((id) => fakeProvider(id, [failing("abuse"), HERE]));
  await routeOf(providers, { health });

  const routes = await Promise.all(Array.from({ length: 3 }, () => routeOf(providers, { health })));

  expect(routes.map(({ route }) => route.filter((one) => one.endsWith("answered")))).toEqual([
    ["first answered"],
    ["second answered"],
    [],
  ]);
});
