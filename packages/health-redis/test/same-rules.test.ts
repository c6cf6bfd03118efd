import {
  createMemoryHealth,
  type HealthFailure,
  type HealthSubject,
  type Permit,
  POLICY,
} from "@fallthrough/registry";
import fc from "fast-check";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fromIoredis } from "../src/clients.ts";
import { createStore, type RedisHealth } from "../src/redis-health.ts";
import { createScripts } from "../src/scripts.ts";
import { describeServers, startServer, type TestServer } from "./server.ts";

const MODELS = ["small", "large"] as const;
const CODES = ["server", "rate-limit", "blocked", "not-found", "timeout", "auth"] as const;
const LIMITS = { requests: { minute: 3 }, tokens: { hour: 500 } };
/** Both begin here; the server's clock is the test's. */
const START = 1_800_000_000_000;
const TEST_CLOCK = "local function clock() return cjson.decode(ARGV[1]).testNow end";

type Step =
  | {
      readonly do: "ask";
      readonly model: string;
      readonly insist?: "suspect" | "cooling" | "alone" | undefined;
      readonly limited: boolean;
    }
  | {
      readonly do: "fail";
      readonly which: number;
      readonly code: (typeof CODES)[number];
      readonly retryAfterMs?: number | undefined;
      readonly scope: "model" | "key" | "origin";
    }
  | { readonly do: "succeed" | "commit" | "release" | "break off"; readonly which: number }
  | { readonly do: "tell"; readonly which: number; readonly remaining: number; readonly limit: number }
  | { readonly do: "wait"; readonly ms: number };

const model = fc.constantFrom(...MODELS);
const which = fc.nat(20);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant("ask" as const),
      model,
      insist: optional(fc.constantFrom("suspect", "cooling", "alone")),
      limited: fc.constant(false),
    }),
    fc.record({ do: fc.constant("ask" as const), model, limited: fc.boolean() }),
    fc.record({
      do: fc.constant("fail" as const),
      which,
      code: fc.constantFrom(...CODES),
      retryAfterMs: optional(fc.constantFrom(1, 60_000, 1e12)),
      scope: fc.constantFrom("model", "model", "key", "origin"),
    }),
    fc.record({
      do: fc.constant("fail" as const),
      which,
      code: fc.constant("server" as const),
      scope: fc.constant("model" as const),
    }),
    fc.record({ do: fc.constantFrom("succeed", "commit", "release", "break off"), which }),
    fc.record({
      do: fc.constant("tell" as const),
      which,
      remaining: fc.nat(3),
      // what is declared, or the limit of a larger plan
      limit: fc.constantFrom(3, 60),
    }),
    fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 5_000, 10_000, 30_000, 61_000, 600_000, 3_600_000),
    }),
  ),
  { maxLength: 40 },
) as fc.Arbitrary<Step[]>;

const ask = (limited: boolean): Step => ({ do: "ask", model: "small", limited });
const failFirst: Step = { do: "fail", which: 0, code: "server", scope: "model" };

/** Each was told apart once. */
const FOUND: readonly (readonly [string, Step[]])[] = [
  [
    "a failure after the window of its call",
    [ask(true), { do: "wait", ms: 3_600_000 }, ask(false), failFirst],
  ],
  ["a failure after ten minutes", [ask(true), { do: "wait", ms: 600_000 }, ask(false), failFirst]],
  [
    "a limit of another plan, and then the declared one",
    [
      ask(false),
      { do: "tell", which: 0, remaining: 1, limit: 60 },
      ask(true),
      { do: "tell", which: 0, remaining: 0, limit: 3 },
    ],
  ],
];

function subjectOf(name: string): HealthSubject {
  return { provider: "one", model: name, origin: "https://one.example", key: "mark" };
}

function failureOf({ code, retryAfterMs, scope }: Extract<Step, { do: "fail" }>): HealthFailure {
  const { health: effect, cooldownMs, factor, longestMs, hard } = POLICY[code];
  const facts = {
    code,
    scope,
    cooldownMs,
    factor,
    longestMs,
    retryAfterMs,
    hard: hard === "always" || (hard === "stated" && retryAfterMs !== undefined),
  };
  const failure = { ...facts, effect } as HealthFailure;
  return code === "auth" && scope === "model"
    ? { ...failure, second: { ...failure, scope: "key" } }
    : failure;
}

describeServers("%s", (program) => {
  let server: TestServer;
  let redis: Redis;
  let prefix = 0;

  beforeAll(async () => {
    server = await startServer(program);
    redis = new Redis(server.port, "127.0.0.1");
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  test("whatever callers do, the scripts decide as the store in memory does", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.double({ min: 0, max: 0.99, noNaN: true }), async (played, chance) => {
        let time = 0;
        const memory = createMemoryHealth({ now: () => time, random: () => chance });
        const stores = [1, 2].map(() =>
          createStore({
            client: fromIoredis(redis),
            prefix: `test-${prefix}`,
            deadlineMs: 5_000,
            scripts: createScripts(TEST_CLOCK),
            now: () => time,
            random: () => chance,
            extra: () => ({ testNow: START + time }),
          }),
        ) as [RedisHealth, RedisHealth];
        prefix += 1;
        const held: { readonly own: Permit; readonly theirs: Permit; readonly by: RedisHealth }[] = [];
        let turn = 0;
        for (const step of played) {
          const store = stores[turn++ % 2] as RedisHealth;
          // no two things happen at the same time
          time += 0.5;
          if (step.do === "wait") time += step.ms;
          else if (step.do === "ask") {
            // a timer that is off: who waits in silence is told by a real one
            const options = {
              insist: step.insist,
              firstChunkMs: 0,
              limits: step.limited ? LIMITS : undefined,
              characters: () => 400,
            };
            const own = memory.admit(subjectOf(step.model), options);
            const theirs = await store.admit(subjectOf(step.model), options);
            expect(theirs.admitted).toBe(own.admitted);
            if (own.admitted && theirs.admitted) {
              expect(theirs.probe === undefined).toBe(own.probe === undefined);
              held.push({ own, theirs, by: store });
            }
          } else {
            const [call] = held.splice(step.which % Math.max(1, held.length), 1);
            if (call === undefined) continue;
            const { own, theirs, by } = call;
            if (step.do === "fail") {
              memory.fail(own, failureOf(step));
              by.fail(theirs, failureOf(step));
            } else if (step.do === "succeed") {
              const usage = { inputTokens: 50, outputTokens: 60, totalTokens: 110 };
              memory.succeed(own, usage);
              await by.succeed(theirs, usage);
            } else if (step.do === "release") {
              memory.release(own);
              await by.release(theirs);
            } else if (step.do === "tell") {
              const told = [
                {
                  name: "rpm",
                  unit: "requests",
                  window: "minute",
                  limit: step.limit,
                  remaining: step.remaining,
                  resetMs: 20_000,
                },
              ] as const;
              memory.note(own, told);
              await by.note(theirs, told);
              held.push(call);
            } else {
              memory.commit(own);
              await by.commit(theirs);
              if (step.do === "commit") held.push(call);
              else {
                const broken = failureOf({ do: "fail", which: 0, code: "server", scope: "model" });
                memory.fail(own, broken);
                by.fail(theirs, broken);
              }
            }
          }
          for (const name of MODELS) {
            const expected = memory.peek(subjectOf(name));
            // whether a request has to be measured each process knows from what it heard last
            await Promise.all(stores.map((one) => one.peek(subjectOf(name))));
            const found = await store.peek(subjectOf(name));
            expect({ state: found.state, code: found.code, effect: found.effect }).toEqual({
              state: expected.state,
              code: expected.code,
              effect: expected.effect,
            });
            expect(found.remainingMs).toBeCloseTo(expected.remainingMs, 0);
            expect(found.limits?.map(({ unit, left }) => ({ unit, left }))).toEqual(
              expected.limits?.map(({ unit, left }) => ({ unit, left })),
            );
          }
        }
      }),
      { numRuns: 60, examples: FOUND.map(([, played]) => [played, 0]) },
    );
  }, 120_000);
});
