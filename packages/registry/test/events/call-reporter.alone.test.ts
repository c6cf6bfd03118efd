import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { inspect } from "node:util";
import { ChatError, type ChatProvider, chat } from "@fallthrough/core";
import { wrapProvider } from "@fallthrough/core/provider";
import { expect, onTestFinished, test } from "vitest";
import {
  CALL_CHANNELS,
  type CallAttempt,
  type CallCommitted,
  type CallEnded,
  type CallListener,
  type CallMessages,
  type CallStarted,
  createChain,
  createRegistry,
} from "../../src/index.ts";
import { answer, content, fakeProvider, QUESTION } from "../fake-provider.ts";

type Told =
  | readonly ["started", CallStarted]
  | readonly ["attempt", CallAttempt]
  | readonly ["committed", CallCommitted]
  | readonly ["ended", CallEnded];

/** Everything that is told, in order. */
function recorder() {
  const told: Told[] = [];
  const onCall = (call: CallStarted): CallListener => {
    told.push(["started", call]);
    return {
      attempt: (attempt) => void told.push(["attempt", attempt]),
      committed: (committed) => void told.push(["committed", committed]),
      ended: (ended) => void told.push(["ended", ended]),
    };
  };
  const all = <Event extends Told[0]>(event: Event) =>
    told.flatMap(([name, fact]) => (name === event ? [fact] : [])) as Extract<
      Told,
      readonly [Event, unknown]
    >[1][];
  return { told, onCall, all, names: () => told.map(([name]) => name) };
}

const BLOCKED = new ChatError("blocked", "a captcha came", { status: 403 });
const FINISH = {
  type: "finish",
  finishReason: "stop",
  model: "served-model",
  usage: { inputTokens: 7, outputTokens: 3 },
  response: { id: "answer-1" },
} as const;

test("a call is told from its start to its end, with a fallback between", async () => {
  const { onCall, all, names } = recorder();
  const providers = [
    fakeProvider("unwell", [[BLOCKED]]),
    fakeProvider("well", [[...content("Hel", "lo"), FINISH]]),
  ];
  const registry = createRegistry({ providers, onCall });

  await registry.chat({ ...QUESTION, model: "auto" }).text();

  expect(names()).toEqual(["started", "attempt", "committed", "attempt", "ended"]);
  expect(all("started")).toMatchObject([
    { id: expect.any(String), at: expect.any(Number), operation: "chat", model: "auto" },
  ]);
  expect(all("attempt")).toMatchObject([
    {
      index: 0,
      provider: "unwell",
      outcome: "failed",
      code: "blocked",
      status: 403,
      error: { code: "blocked" },
    },
    {
      index: 1,
      provider: "well",
      model: "well-model",
      outcome: "answered",
      reportedModel: "served-model",
      firstMs: expect.any(Number),
      usage: { inputTokens: 7, outputTokens: 3 },
      finishReason: "stop",
      responseId: "answer-1",
    },
  ]);
  expect(all("committed")).toMatchObject([{ provider: "well", model: "well-model" }]);
  expect(all("ended")).toMatchObject([
    {
      outcome: "answered",
      finishReason: "stop",
      usage: { inputTokens: 7, outputTokens: 3 },
      route: { provider: "well", attempts: [{ provider: "unwell" }, { provider: "well" }] },
    },
  ]);
});

test("the times of a call hold together", async () => {
  const { onCall, all } = recorder();
  const registry = createRegistry({
    providers: [fakeProvider("unwell", [[BLOCKED]]), fakeProvider("well", [answer("here")])],
    onCall,
  });
  const before = Date.now();

  await registry.chat(QUESTION).text();

  const [started] = all("started");
  const [first, second] = all("attempt");
  const [ended] = all("ended");
  expect(Math.abs((started?.at ?? 0) - before)).toBeLessThan(1_000);
  expect(second?.startMs).toBeGreaterThanOrEqual((first?.startMs ?? 0) + (first?.durationMs ?? 0));
  expect(second?.firstMs).toBeLessThanOrEqual(second?.durationMs ?? 0);
  expect(ended?.askedMs).toBeCloseTo((first?.durationMs ?? 0) + (second?.durationMs ?? 0), 6);
  expect(ended?.durationMs).toBeGreaterThanOrEqual(ended?.askedMs ?? 0);
  expect(ended?.firstMs).toBeCloseTo((second?.startMs ?? 0) + (second?.firstMs ?? 0), 6);
});

test("content can be asked for, and is in nothing that is printed or written as JSON", async () => {
  const { onCall, all, told } = recorder();
  const registry = createRegistry({ providers: [fakeProvider("well", [answer("the answer")])], onCall });

  await registry.chat(QUESTION).text();

  expect(all("started")[0]?.request.messages).toEqual(QUESTION.messages);
  expect(all("ended")[0]?.answer).toMatchObject({ text: "the answer", toolCalls: [] });
  expect(JSON.stringify(told) + inspect(told, { depth: 9 })).not.toMatch(/What is it|the answer/);
});

test("an answer that breaks off is told with what had come", async () => {
  const { onCall, all } = recorder();
  const registry = createRegistry({ providers: [fakeProvider("cut", [content("half")])], onCall });

  await expect(registry.chat(QUESTION).text()).rejects.toMatchObject({ code: "interrupted" });

  expect(all("attempt")).toMatchObject([{ outcome: "failed", code: "interrupted", phase: "committed" }]);
  expect(all("ended")).toMatchObject([{ outcome: "failed", error: { code: "interrupted" } }]);
  expect(all("ended")[0]?.answer?.text).toBe("half");
});

test.each([
  [
    "nobody answers",
    [[BLOCKED]] as const,
    "auto",
    { outcome: "failed", error: { errors: [{ code: "blocked" }] } },
  ],
  ["a name is unknown", [answer("x")], "nobody", { outcome: "failed", error: { code: "config" } }],
])("a call ends once where %s", async (_, turns, model, end) => {
  const { onCall, all } = recorder();
  const registry = createRegistry({ providers: [fakeProvider("one", turns)], onCall });

  await expect(registry.chat({ ...QUESTION, model }).text()).rejects.toThrow();

  expect(all("ended")).toMatchObject([end]);
});

test("an abort and a reader that leaves end a call as aborted, before and after the first content", async () => {
  const { onCall, all } = recorder();
  const silent = createRegistry({ providers: [fakeProvider("silent", [["silence"]])], onCall });
  const slow = createRegistry({
    providers: [fakeProvider("slow", [[...content("a"), "silence"]])],
    onCall,
  });
  const reason = new Error("enough");

  await expect(silent.chat({ ...QUESTION, signal: AbortSignal.timeout(10) }).text()).rejects.toThrow();
  const parts = silent.chat(QUESTION)[Symbol.asyncIterator]();
  const next = parts.next();
  // the attempt has begun by then
  await new Promise((resolve) => setImmediate(resolve));
  await parts.return?.();
  await next;
  for await (const _ of slow.chat(QUESTION)) break;
  const controller = new AbortController();
  const aborted = slow.chat({ ...QUESTION, signal: controller.signal }).textStream[Symbol.asyncIterator]();
  await aborted.next();
  controller.abort(reason);
  await expect(aborted.next()).rejects.toBe(reason);

  expect(all("ended").map(({ outcome }) => outcome)).toEqual(["aborted", "aborted", "aborted", "aborted"]);
  expect(all("attempt").map(({ outcome }) => outcome)).toEqual(["aborted", "aborted", "aborted", "aborted"]);
  expect(all("ended")[3]?.error).toBe(reason);
});

test("a candidate that is passed over is told too", async () => {
  const { onCall, all } = recorder();
  const registry = createRegistry({
    providers: [fakeProvider("unwell", [[BLOCKED]]), fakeProvider("well", [answer("here")])],
    onCall,
  });

  await registry.chat(QUESTION).text();
  await registry.chat(QUESTION).text();

  expect(all("attempt").slice(2)).toMatchObject([
    { provider: "unwell", outcome: "skipped", reason: expect.stringContaining("refused"), durationMs: 0 },
    { provider: "well", outcome: "answered" },
  ]);
});

test.each([
  ["as it is", (inner: ChatProvider) => inner],
  ["wrapped", (inner: ChatProvider) => wrapProvider(inner, { stream: (next, request) => next(request) })],
])("a chain in a registry, %s, tells its attempts to both, and to the channels once", async (_, form) => {
  const [outer, inner, published] = [recorder(), recorder(), listen()];
  const chain = createChain([fakeProvider("unwell", [[BLOCKED]]), fakeProvider("well", [answer("here")])], {
    onCall: inner.onCall,
  });
  const registry = createRegistry({ providers: [form(chain)], onCall: outer.onCall });

  await registry.chat(QUESTION).text();

  expect(inner.names()).toEqual(["started", "attempt", "committed", "attempt", "ended"]);
  expect(outer.names()).toEqual(inner.names());
  expect(outer.all("committed")).toMatchObject([{ provider: "well" }]);
  expect(published.map(([event]) => event)).toEqual(inner.names());
});

test("Node's channels tell the same, of chains too, with one object for the call", async () => {
  const published = listen();
  const chain = createChain([fakeProvider("unwell", [[BLOCKED]]), fakeProvider("well", [answer("here")])]);

  await chat(chain, QUESTION).text();

  expect(published.map(([event]) => event)).toEqual(["started", "attempt", "committed", "attempt", "ended"]);
  expect(new Set(published.map(([, { call }]) => call)).size).toBe(1);
  expect(published.at(-1)).toMatchObject(["ended", { ended: { outcome: "answered" } }]);
});

test("a listener that throws changes nothing, and others are told", async () => {
  const { onCall, all } = recorder();
  const broken = (): never => {
    throw new Error("broken");
  };
  const registry = createRegistry({
    providers: [fakeProvider("well", [answer("here")])],
    onCall: () => ({ attempt: broken, committed: broken, ended: broken }),
  });
  registry.observe(broken);
  registry.observe(onCall);

  const text = await registry.chat(QUESTION).text();

  expect(text).toBe("here");
  expect(all("ended")).toHaveLength(1);
});

test("an observer of a registry is told of calls until it is taken off", async () => {
  const { onCall, all } = recorder();
  const registry = createRegistry({ providers: [fakeProvider("well", [answer("here")])] });

  const stop = registry.observe(onCall);
  await registry.chat(QUESTION).text();
  stop();
  await registry.chat(QUESTION).text();

  expect(all("started")).toHaveLength(1);
  expect(() => registry.observe("nothing" as never)).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining("expected a function") }),
  );
});

/** What the channels tell until the test ends. */
function listen(): (readonly [string, CallMessages[keyof CallMessages]])[] {
  const published: (readonly [string, CallMessages[keyof CallMessages]])[] = [];
  for (const [event, name] of Object.entries(CALL_CHANNELS)) {
    const take = (message: unknown) =>
      void published.push([event, message as CallMessages[keyof CallMessages]]);
    subscribe(name, take);
    onTestFinished(() => void unsubscribe(name, take));
  }
  return published;
}

test("a line for each call takes a few lines of code", async () => {
  const lines: string[] = [];
  const log = { info: (line: string) => void lines.push(line) };
  const providers = [fakeProvider("unwell", [[BLOCKED]]), fakeProvider("well", [answer("here")])];

  // #region watch
  const registry = createRegistry({
    providers,
    onCall: ({ id, model = "auto" }) => ({
      attempt: ({ provider, outcome, code = "", ms }) =>
        log.info(`${id} ${provider} ${outcome} ${code} ${ms} ms`),
      ended: ({ outcome, durationMs }) =>
        log.info(`${id} ${model} ${outcome} after ${Math.round(durationMs)} ms`),
    }),
  });
  // #endregion
  await registry.chat(QUESTION).text();

  expect(lines).toEqual([
    expect.stringMatching(/^\S{36} unwell failed blocked \d+ ms$/),
    expect.stringMatching(/^\S{36} well answered {2}\d+ ms$/),
    expect.stringMatching(/^\S{36} auto answered after \d+ ms$/),
  ]);
});
