import { ChatError, chat } from "@fallthrough/core";
import { afterEach, expect, test, vi } from "vitest";
import { BACK_OFF_MS } from "../../src/health/policy.ts";
import { ChainExhaustedError, createChain, createMemoryHealth, type HealthStore } from "../../src/index.ts";
import { answer, content, fakeProvider, inPhase, QUESTION, type Turn } from "../fake-provider.ts";

const REASON = new Error("the caller has had enough");
const SUBJECT = { provider: "first", model: "first-model" };
const BLOCKED: Turn = [new ChatError("blocked", "a captcha came")];

afterEach(() => {
  vi.restoreAllMocks();
});

/** Aborts once the first attempt has come so far; tells how long the rejection took. */
async function abortDuring(turn: Turn) {
  const health = createMemoryHealth();
  const first = fakeProvider("first", [turn]);
  const second = fakeProvider("second", [answer("never")]);
  const controller = new AbortController();
  const reply = chat(createChain([first, second], { health }), { ...QUESTION, signal: controller.signal });
  const outcome = reply.text().catch((error: unknown) => error);
  await vi.waitFor(() => expect(first.open).toBe(1));

  const started = performance.now();
  controller.abort(REASON);
  const error = await outcome;

  return { error, ms: performance.now() - started, reply, first, second, state: health.peek(SUBJECT).state };
}

test.each([
  ["before any part", ["silence"]],
  ["in the preamble", [{ type: "text-delta", delta: " " }, "silence"]],
  ["after content", [...content("half "), "silence"]],
] as const)(
  "an abort %s rejects with the caller's own reason, asks nobody else and counts against nobody",
  async (_, turn) => {
    const { error, ms, reply, first, second, state } = await abortDuring(turn);

    expect(error).toBe(REASON);
    expect(ms).toBeLessThan(50);
    expect(reply.route.attempts).toMatchObject([{ ...SUBJECT, outcome: "aborted" }]);
    expect(second.requests).toEqual([]);
    expect(state).toBe("well");
    await vi.waitFor(() => expect(first.open).toBe(0));
  },
);

test("a call that was aborted before it began asks nobody", async () => {
  const first = fakeProvider("first", [answer("never")]);

  const reply = chat(createChain([first]), { ...QUESTION, signal: AbortSignal.abort(REASON) });

  await expect(reply.text()).rejects.toBe(REASON);
  expect(first.requests).toEqual([]);
});

test("an abort in the back-off ends it at once", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const first = fakeProvider("first", [[new ChatError("server", "answered 500")]]);
  const controller = new AbortController();
  const reply = chat(createChain([first]), { ...QUESTION, signal: controller.signal });
  const outcome = reply.text().catch((error: unknown) => error);
  await vi.waitFor(() => expect(reply.route.attempts).toHaveLength(1));

  const started = performance.now();
  controller.abort(REASON);

  expect(await outcome).toBe(REASON);
  expect(performance.now() - started).toBeLessThan(50);
  expect(first.requests).toHaveLength(1);
});

test("leaving the stream after content closes it, gives the slot of a probe back and counts against nobody", async () => {
  let time = 0;
  const health = createMemoryHealth({ now: () => time });
  const first = fakeProvider("first", [BLOCKED, [...content("half "), "silence"]]);
  const chain = createChain([first, fakeProvider("second", [answer("here")])], { health });
  await chat(chain, QUESTION).text();
  time += 60 * 60_000;

  const reply = chat(chain, QUESTION);
  for await (const _ of reply) break;

  expect(reply.route.attempts).toMatchObject([{ provider: "first", outcome: "aborted" }]);
  // its content has shown that it is well
  expect(health.peek(SUBJECT).state).toBe("well");
  await vi.waitFor(() => expect(first.open).toBe(0));
});

test("leaving the stream in the back-off ends it at once", async () => {
  vi.spyOn(Math, "random").mockReturnValue(1);
  const onAttempt = vi.fn();
  const first = fakeProvider("first", [[new ChatError("server", "answered 500")]]);
  const parts = createChain([first], { onAttempt }).stream(QUESTION)[Symbol.asyncIterator]();
  const next = parts.next();
  await vi.waitFor(() => expect(onAttempt).toHaveBeenCalledOnce());

  const started = performance.now();
  await parts.return?.();

  expect(await next).toEqual({ done: true, value: undefined });
  expect(performance.now() - started).toBeLessThan(BACK_OFF_MS / 2);
  expect(first.requests).toHaveLength(1);
});

test("leaving the stream while a candidate is silent ends its call", async () => {
  const first = fakeProvider("first", [["silence"]]);
  const second = fakeProvider("second", [answer("never")]);
  const parts = createChain([first, second]).stream(QUESTION)[Symbol.asyncIterator]();
  const next = parts.next();
  await vi.waitFor(() => expect(first.open).toBe(1));

  await parts.return?.();

  expect(await next).toEqual({ done: true, value: undefined });
  await vi.waitFor(() => expect(first.open).toBe(0));
  expect(second.requests).toEqual([]);
});

test("leaving the stream before the health store has said who may be asked asks nobody", async () => {
  const first = fakeProvider("first", [answer("never")]);
  const memory = createMemoryHealth();
  const health: HealthStore = { ...memory, admit: async (...args) => memory.admit(...args) };
  const parts = createChain([first], { health }).stream(QUESTION)[Symbol.asyncIterator]();
  const next = parts.next();

  await parts.return?.();

  expect(await next).toEqual({ done: true, value: undefined });
  expect(first.requests).toEqual([]);
});

test("a chain inside a chain keeps its own attempts in the outer route, and the outer observer hears of them", async () => {
  const heard: string[] = [];
  const inner = createChain([fakeProvider("a", [BLOCKED]), fakeProvider("b", [answer("here")])], {
    id: "inner",
  });
  const outer = createChain([fakeProvider("first", [BLOCKED]), inner], {
    onAttempt: ({ provider }) => heard.push(provider),
  });

  const { route } = await chat(outer, QUESTION).result();

  expect(route).toMatchObject({ provider: "b", model: "b-model" });
  expect(route.attempts.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
    "first failed",
    "a failed",
    "b answered",
  ]);
  expect(heard).toEqual(["first", "a", "b"]);
});

test("a chain inside a chain that is exhausted is followed by the next candidate", async () => {
  const inner = createChain([fakeProvider("a", [BLOCKED]), fakeProvider("b", [BLOCKED])]);
  const outer = createChain([inner, fakeProvider("last", [answer("here")])]);

  const { text, route } = await chat(outer, QUESTION).result();

  expect(text).toBe("here");
  expect(route.attempts.map(({ provider }) => provider)).toEqual(["a", "b", "last"]);
});

test("when chains inside chains are exhausted, one error has every attempt", async () => {
  const inner = createChain([fakeProvider("a", [BLOCKED])]);
  const outer = createChain([inner, fakeProvider("last", [BLOCKED])]);

  const error = await chat(outer, QUESTION)
    .text()
    .catch((reason: unknown) => reason as ChainExhaustedError);

  expect(error).toBeInstanceOf(ChainExhaustedError);
  expect(error).toMatchObject({ code: "blocked", errors: [{ provider: "a" }, { provider: "last" }] });
});

test("the time of a chain inside a chain is not the time of the outer one", async () => {
  const inner = createChain([fakeProvider("a", [["silence"]])], { timeouts: { commitMs: 20 } });
  const outer = createChain([inner, fakeProvider("last", [answer("here")])]);

  const { text, route } = await chat(outer, QUESTION).result();

  expect(text).toBe("here");
  expect(route.attempts[0]).toMatchObject({ provider: "a", code: "deadline" });
});

test("what fails in a chain inside a chain is remembered there alone", async () => {
  const health = createMemoryHealth();
  const cut = fakeProvider("a", [[...content("half "), new ChatError("interrupted", "ended early")]]);
  const inner = createChain([cut], { id: "inner" });

  for (let call = 0; call < 3; call++) {
    await chat(createChain([inner], { health }), QUESTION)
      .text()
      .catch(() => {});
  }

  expect(health.peek({ provider: "inner", model: "" }).state).toBe("well");
});

test("the failure of a connection that opened is not tried again", async () => {
  const only = inPhase("headers", fakeProvider("only", [[new ChatError("network", "was reset")]]));

  const reply = chat(createChain([only]), QUESTION);
  await reply.text().catch(() => {});

  expect(reply.route.attempts).toMatchObject([{ code: "network", phase: "headers" }]);
});

test("from the first content on, the reply's route names who answers, and after a failure nobody", async () => {
  const cut: Turn = [...content("half"), new ChatError("interrupted", "the body ended")];
  const inner = createChain([fakeProvider("a", [BLOCKED]), fakeProvider("b", [cut])], { id: "inner" });
  const reply = chat(createChain([fakeProvider("first", [BLOCKED]), inner]), QUESTION);
  const parts = reply[Symbol.asyncIterator]();

  await parts.next();

  expect(reply.route).toMatchObject({ provider: "b", model: "b-model" });
  await expect(parts.next()).rejects.toMatchObject({ code: "interrupted" });
  expect(reply.route.provider).toBeUndefined();
});
