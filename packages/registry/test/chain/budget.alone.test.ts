import { ChatError, type ChatProvider, chat, type ProviderSettings } from "@fallthrough/core";
import { formatWaiting, providerCard, type Waiting, waitingOf } from "@fallthrough/core/internal";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { capsOf, isExpired, remainingMs, startBudget } from "../../src/chain/budget.ts";
import { createChain, createMemoryHealth, type HealthStore } from "../../src/index.ts";
import { answer, content, fakeProvider, QUESTION } from "../fake-provider.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test.each([
  [0, 75_000],
  [60_000, 15_000],
  [75_000, 7_500],
  [80_000, 5_000],
])("after %d ms of 90 s a silent attempt with others behind it may use %d ms", (elapsed, silent) => {
  const budget = startBudget({ commitMs: 90_000, totalMs: 0 });

  vi.advanceTimersByTime(elapsed);

  expect(capsOf(budget, true, performance.now())).toEqual({
    commitMs: 90_000 - elapsed,
    totalMs: undefined,
    firstChunkMs: silent,
  });
  expect(capsOf(budget, false, performance.now()).firstChunkMs).toBeUndefined();
});

test("what a short budget keeps for those behind is a quarter", () => {
  const budget = startBudget({ commitMs: 1_000, totalMs: 0 });

  expect(capsOf(budget, true, performance.now()).firstChunkMs).toBe(750);
});

test("zero is no limit", () => {
  const budget = startBudget({ commitMs: 0, totalMs: 0 });

  vi.advanceTimersByTime(1e9);

  expect(isExpired(budget, performance.now())).toBe(false);
  expect(capsOf(budget, true, performance.now())).toEqual({
    commitMs: undefined,
    totalMs: undefined,
    firstChunkMs: undefined,
  });
});

test.each([
  [{ commitMs: 1_000, totalMs: 0 }, 999, 1],
  [{ commitMs: 1_000, totalMs: 0 }, 1_000, 0],
  [{ commitMs: 1_000, totalMs: 0 }, 2_000, 0],
  [{ commitMs: 0, totalMs: 2_000 }, 1_999, 1],
  [{ commitMs: 0, totalMs: 2_000 }, 2_000, 0],
  [{ commitMs: 1_000, totalMs: 500 }, 500, 0],
  [{ commitMs: 500, totalMs: 1_000 }, 500, 0],
  [{ commitMs: 0, totalMs: 0 }, 1e9, Number.POSITIVE_INFINITY],
])("of %j there are left after %d ms: %d", (limits, elapsed, left) => {
  const budget = startBudget(limits);

  vi.advanceTimersByTime(elapsed);

  expect(remainingMs(budget, performance.now())).toBe(left);
  expect(isExpired(budget, performance.now())).toBe(left === 0);
});

test("what a slow candidate took is given back to those behind it, within the time of the whole call", () => {
  const budget = startBudget({ commitMs: 1_000, totalMs: 3_900 });
  budget.lentMs = 3_000;

  vi.advanceTimersByTime(3_500);

  expect(isExpired(budget, performance.now())).toBe(false);
  expect(remainingMs(budget, performance.now())).toBe(400);
  expect(capsOf(budget, false, performance.now())).toMatchObject({ commitMs: 500, totalMs: 400 });
  vi.advanceTimersByTime(400);
  expect(isExpired(budget, performance.now())).toBe(true);
});

test("only the default of a chain lets a slow candidate have its own time, and only the whole call ends it", () => {
  const limits = { commitMs: 1_000, totalMs: 5_000 };
  const capsFor = (lenient: boolean | undefined, slow: boolean) =>
    capsOf(startBudget({ ...limits, lenient }), false, performance.now(), { slow, patienceMs: 10 });

  expect(capsFor(true, true)).toEqual({ totalMs: 5_000 });
  for (const [lenient, slow] of [
    [undefined, true],
    [false, true],
    [true, false],
  ] as const)
    expect(capsFor(lenient, slow)).toMatchObject(limits);
});

test("patience ends a silence also where the call has no limit", () => {
  const budget = startBudget({ commitMs: 0, totalMs: 0 });

  expect(capsOf(budget, true, performance.now(), { patienceMs: 5_000 }).firstChunkMs).toBe(5_000);
});

test("a silent candidate leaves time for the next", async () => {
  const chain = createChain([
    fakeProvider("silent", [["silence"]]),
    fakeProvider("second", [answer("here")]),
  ]);
  const reply = chat(chain, { ...QUESTION, timeouts: { firstChunkMs: 0, commitMs: 1_000 } });
  const text = reply.text();

  await vi.advanceTimersByTimeAsync(760);

  expect(await text).toBe("here");
  expect(reply.route.attempts[0]).toMatchObject({
    provider: "silent",
    code: "timeout",
    ms: expect.closeTo(750, -1),
  });
});

const CARD = {
  specificationVersion: 1,
  id: "cold",
  name: "Cold",
  status: { state: "active", checked: "2026-01-01" },
  models: [{ id: "llama3.2" }],
};
const MINUTE = 60_000;

/** Answers after so long: it loads its model first. */
function loading(ms: number, settings: ProviderSettings, ...pauses: readonly number[]): ChatProvider {
  return {
    ...fakeProvider("cold", []),
    ...providerCard({ fallthrough: CARD }, settings),
    async *stream() {
      for (const pause of [ms, ...pauses]) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        yield { type: "text-delta", delta: "warm" };
      }
      yield { type: "finish", finishReason: "stop" };
    },
  };
}

async function routeAfter(ms: number, ...chained: Parameters<typeof createChain>) {
  const reply = chat(createChain(...chained), QUESTION);
  const failure = reply.text().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(ms);
  await failure;
  return reply.route.attempts.map(({ provider, outcome, code }) =>
    [provider, outcome, code].join(" ").trim(),
  );
}

test.each([
  ["this machine", { baseURL: "http://127.0.0.1:11434/v1" }],
  ["a private network", { baseURL: "http://192.168.1.20:11434/v1", insecureHttp: true }],
])(
  "services.md §6: a cold model on %s gets 300 s to its first text and between pieces",
  async (_, settings) => {
    const other = fakeProvider("cloud", [answer("here")]);

    expect(await routeAfter(9 * MINUTE, [loading(4.9 * MINUTE, settings, 3.9 * MINUTE), other])).toEqual([
      "cold answered",
    ]);
    expect(other.requests).toEqual([]);
  },
);

test("services.md §6: one that takes longer is passed over, and those behind it have all their time", async () => {
  const cold = loading(8 * MINUTE, { baseURL: "http://127.0.0.1:11434/v1" });
  const chain = [
    cold,
    fakeProvider("silent", [["silence"]]),
    fakeProvider("cloud", [answer("here")]),
  ] as const;

  expect(await routeAfter(5 * MINUTE + 30_010, chain)).toEqual([
    "cold failed timeout",
    "silent failed timeout",
    "cloud answered",
  ]);
});

test("services.md §6: a hosted server that is known to be slow gets the time of its settings", async () => {
  const settings = { baseURL: "https://slow.example/v1", timeouts: { firstChunkMs: 2 * MINUTE } };

  expect(
    await routeAfter(MINUTE * 1.9, [loading(1.9 * MINUTE - 10, settings), fakeProvider("cloud", [])]),
  ).toEqual(["cold answered"]);
});

test.each([
  ["commitMs", { commitMs: 1_000 }, "cold failed timeout"],
  ["firstChunkMs", { firstChunkMs: 500 }, "cold failed timeout"],
] as const)("a `%s` that somebody set holds nearby too", async (_, timeouts, told) => {
  const cold = loading(MINUTE, { baseURL: "http://127.0.0.1:11434/v1" });

  expect(await routeAfter(1_000, [cold, fakeProvider("cloud", [answer("here")])], { timeouts })).toEqual([
    told,
    "cloud answered",
  ]);
});

test("whom a call waits for is known while its model loads, and to nobody who prints the route", async () => {
  const reply = chat(createChain([loading(MINUTE, { baseURL: "http://127.0.0.1:11434/v1" })]), QUESTION);
  const text = reply.text();
  await vi.advanceTimersByTimeAsync(40_000);

  expect(waitingOf(reply.route)).toEqual({
    provider: "cold",
    model: "llama3.2",
    since: performance.now() - 40_000,
  });
  expect(formatWaiting(waitingOf(reply.route) as Waiting)).toBe("cold is loading llama3.2 ... 40 s");
  expect({ ...reply.route }).toEqual({ attempts: [] });
  await vi.advanceTimersByTimeAsync(20_000);
  await text;
  expect(waitingOf(reply.route)).toBeUndefined();
});

test("a silent chain inside a chain leaves time for the next", async () => {
  const inner = createChain([fakeProvider("silent", [["silence"]])]);
  const outer = createChain([inner, fakeProvider("last", [answer("here")])], {
    timeouts: { commitMs: 1_000 },
  });
  const text = chat(outer, QUESTION).text();

  await vi.advanceTimersByTimeAsync(760);

  expect(await text).toBe("here");
});

/** A memory in which every call is a probe into silence. */
function patient(patienceMs: number): HealthStore {
  const memory = createMemoryHealth();
  return {
    ...memory,
    admit(subject, options) {
      const answer = memory.admit(subject, options);
      return answer.admitted ? { ...answer, patienceMs } : answer;
    },
  };
}

test("a probe into silence is left for the next when its patience is over", async () => {
  const chain = createChain(
    [fakeProvider("silent", [["silence"]]), fakeProvider("second", [answer("here")])],
    { health: patient(5_000) },
  );
  const text = chat(chain, QUESTION).text();

  await vi.advanceTimersByTimeAsync(5_010);

  expect(await text).toBe("here");
});

test("a probe that has nobody behind it waits as long as every call", async () => {
  const health = patient(5_000);
  const chain = createChain([fakeProvider("silent", [["silence"]])], { health });
  const failure = chat(chain, QUESTION)
    .text()
    .catch((error: unknown) => error);

  await vi.advanceTimersByTimeAsync(29_000);
  expect(await Promise.race([failure, "waits"])).toBe("waits");
  await vi.advanceTimersByTimeAsync(1_010);

  expect(await failure).toMatchObject({ code: "timeout" });
});

test("when the time for a commit is over nobody else is asked", async () => {
  const chain = createChain([fakeProvider("silent", [["silence"]])], { timeouts: { commitMs: 1_000 } });
  const failure = chat(chain, QUESTION)
    .text()
    .catch((error: unknown) => error);

  await vi.advanceTimersByTimeAsync(1_010);

  expect(await failure).toMatchObject({
    code: "deadline",
    route: { attempts: [{ provider: "silent", code: "deadline" }] },
  });
});

test("a back-off that does not fit into the time is left out, and the provider's own failure is told", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const only = fakeProvider("only", [[new ChatError("server", "answered 500")]]);
  const failure = chat(createChain([only], { timeouts: { commitMs: 100 } }), QUESTION)
    .text()
    .catch((error: unknown) => error);

  await vi.advanceTimersByTimeAsync(300);
  vi.restoreAllMocks();

  expect(await failure).toMatchObject({
    code: "server",
    message: expect.stringContaining("answered 500"),
    route: { attempts: [{ provider: "only", code: "server" }] },
  });
  expect(only.requests).toHaveLength(1);
});

test("after the commit only the total time counts", async () => {
  const slow = fakeProvider("slow", [[...content("half "), "silence"]]);
  const timeouts = { commitMs: 1_000, chunkMs: 0, totalMs: 5_000 };
  let ended = false;
  const failure = chat(createChain([slow, fakeProvider("second", [answer("never")])], { timeouts }), QUESTION)
    .text()
    .catch((error: unknown) => error)
    .finally(() => {
      ended = true;
    });

  await vi.advanceTimersByTimeAsync(4_900);
  expect(ended).toBe(false);
  await vi.advanceTimersByTimeAsync(200);

  expect(await failure).toMatchObject({ code: "deadline", phase: "committed", partial: { text: "half " } });
});

test("a timeout of the request goes over that of the chain", async () => {
  const chain = createChain([fakeProvider("silent", [["silence"]])], { timeouts: { commitMs: 60_000 } });
  const failure = chat(chain, { ...QUESTION, timeouts: { commitMs: 100 } })
    .text()
    .catch((error: unknown) => error);

  await vi.advanceTimersByTimeAsync(110);

  expect(await failure).toMatchObject({ code: "deadline" });
});
