import { setImmediate as turn } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, expectTypeOf, test } from "vitest";
import type { ChatProvider, ChatRequest, StreamPart } from "../../src/contract/contract.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import { callOf } from "../../src/guard/call-context.ts";
import { SELF_GUARDED } from "../../src/guard/guard-options.ts";
import { chat } from "../../src/reply/chat.ts";
import type { ChatResult } from "../../src/reply/reply-result.ts";
import {
  collect,
  createScripted,
  createToy,
  FINISH,
  failing,
  failureOf,
  guarded,
  iterable,
  messages,
  reasonOf,
  text,
} from "../providers.ts";

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on("unhandledRejection", onUnhandled));
afterEach(async () => {
  await turn();
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled.splice(0)).toEqual([]);
});

const ANSWER: readonly StreamPart[] = [
  { type: "warning", code: "other", message: "m" },
  { type: "reasoning-delta", delta: "why" },
  ...text("hel", "lo"),
  { type: "source", url: "https://toy.example", title: "t" },
  { type: "tool-call-delta", id: "1", name: "f", delta: "{}" },
  { type: "tool-call", id: "1", name: "f", arguments: "{}" },
  { type: "finish", finishReason: "tool-calls", usage: { totalTokens: 3 }, model: "toy-1-2026" },
];

test("the parts are those of the provider, with the route on the finish", async () => {
  const reply = chat(createScripted(...ANSWER), { messages });

  const parts = await collect(reply);

  expect(parts.slice(0, -1)).toEqual(ANSWER.slice(0, -1));
  expect(parts.at(-1)).toEqual({ ...ANSWER.at(-1), route: reply.route });
  expectTypeOf(parts).toEqualTypeOf<StreamPart[]>();
});

test("the text stream is the text alone", async () => {
  const reply = chat(createScripted(...ANSWER), { messages });

  expect(await collect(reply.textStream)).toEqual(["hel", "lo"]);
});

test("the whole answer is everything that came, and the route", async () => {
  const result = await chat(createScripted(...ANSWER), { messages }).result();

  expect(result).toEqual({
    text: "hello",
    reasoning: "why",
    message: {
      role: "assistant",
      reasoning: [{ text: "why" }],
      content: "hello",
      toolCalls: [{ id: "1", name: "f", arguments: "{}" }],
    },
    toolCalls: [{ id: "1", name: "f", arguments: "{}" }],
    sources: [{ url: "https://toy.example", title: "t" }],
    warnings: [{ code: "other", message: "m" }],
    finishReason: "tool-calls",
    usage: { totalTokens: 3 },
    model: "toy-1-2026",
    route: {
      provider: "toy",
      model: "toy-1-2026",
      attempts: [
        {
          provider: "toy",
          model: "toy-1",
          outcome: "answered",
          ms: expect.any(Number),
          reportedModel: "toy-1-2026",
        },
      ],
    },
  });
  expectTypeOf(result).toEqualTypeOf<ChatResult>();
});

test("text and result may be awaited during and after the stream, and ask only once", async () => {
  let calls = 0;
  const reply = chat(
    createToy(async function* () {
      calls++;
      yield* text("hel", "lo");
      yield FINISH;
    }),
    { messages },
  );
  const iterator = reply[Symbol.asyncIterator]();
  await iterator.next();

  const during = reply.text();
  while (!(await iterator.next()).done);

  expect(await during).toBe("hello");
  expect(await reply.text()).toBe("hello");
  expect((await reply.result()).finishReason).toBe("stop");
  expect(calls).toBe(1);
});

test("the call starts when it is consumed", async () => {
  let calls = 0;
  const reply = chat(
    createToy(async function* () {
      calls++;
      yield* text("x");
      yield FINISH;
    }),
    { messages },
  );
  reply.textStream[Symbol.asyncIterator]();
  await turn();
  expect(calls).toBe(0);

  await reply.text();

  expect(calls).toBe(1);
});

test("a second reader is refused and does not disturb the first", async () => {
  const reply = chat(createScripted(...text("a", "b"), FINISH), { messages });
  const first = reply[Symbol.asyncIterator]();
  await first.next();

  expect(await failureOf(collect(reply.textStream))).toMatchObject({
    code: "config",
    message: "the reply is consumed already, expected one reader for each call",
  });
  await reply[Symbol.asyncIterator]().return?.();
  expect(await first.next()).toEqual({ done: false, value: text("b")[0] });
});

test("all who ask for the result while somebody reads get it", async () => {
  const reply = chat(createScripted(...text("a", "b"), FINISH), { messages });
  const reader = reply[Symbol.asyncIterator]();
  await reader.next();

  const asked = [reply.text(), reply.text(), reply.result()] as const;
  while (!(await reader.next()).done);
  const [first, second, result] = await Promise.all(asked);

  expect([first, second, result.text]).toEqual(["ab", "ab", "ab"]);
});

test.each<[string, unknown, unknown, RegExp]>([
  ["a provider that is none", 5, undefined, /^the provider of chat\(\) is .*, expected a provider$/],
  ["a provider whose card is none", { ...createScripted(), name: 5 }, undefined, /^provider field `name` /],
  ["options that are none", createScripted(), 5, /^the options of chat\(\) is .*, expected /],
  ["an option that there is not", createScripted(), { timeout: 5 }, /^option `timeout` .*`timeouts`/],
])("%s is told where the reply is consumed", async (_, provider, options, message) => {
  const reply = chat(provider as ChatProvider, { messages }, options as never);

  expect(await failureOf(reply.text())).toMatchObject({
    code: "config",
    message: expect.stringMatching(message),
  });
});

test("the options of a call set its timers, and whether reasoning is enough", async () => {
  const thinking = createScripted({ type: "reasoning-delta", delta: "hm" }, FINISH);
  const silent = createToy(() => iterable(() => new Promise(() => {})));
  const timeouts = { firstChunkMs: 5 };

  expect((await chat(thinking, { messages }, { reasoningOnly: true }).result()).reasoning).toBe("hm");
  expect((await failureOf(chat(silent, { messages }, { timeouts }).text())).message).toBe(
    "[toy] sent no content within 5 ms",
  );
});

test("a chain gets the options of the call, and may be told to commit in time", async () => {
  const seen: unknown[] = [];
  const stream = (request: ChatRequest, options: unknown) => {
    seen.push(options, request.timeouts);
    throw new ChatError("config", "no candidates");
  };
  const chain = { ...createToy(stream as never), [SELF_GUARDED]: stream } as ChatProvider;
  const request = { messages, timeouts: { commitMs: 7 } };
  const options = { timeouts: { totalMs: 5 }, reasoningOnly: true };

  await failureOf(chat(chain, request, options).text());

  expect(seen).toEqual([{ ...options, route: { attempts: [] } }, { commitMs: 7 }]);
});

test("a failure that names its route keeps it", async () => {
  const route = { attempts: [{ provider: "inner", outcome: "failed", ms: 1 }] } as const;
  const stream = (): never => {
    throw new ChatError("server", "answered 500", { route } as never);
  };
  const chain = { ...createToy(stream), [SELF_GUARDED]: stream } as ChatProvider;

  expect((await failureOf(chat(chain, { messages }).text())).route).toEqual(route);
});

test("after leaving, the result is what was consumed", async () => {
  const reply = chat(createScripted(...text("a", "b"), FINISH), { messages });

  for await (const _ of reply) break;

  expect(await reply.result()).toMatchObject({ text: "a", finishReason: "other" });
  expect(reply.route.attempts).toMatchObject([{ outcome: "aborted" }]);
  expect(reply.route.provider).toBeUndefined();
});

test("leaving the text stream aborts the provider's signal", async () => {
  let signal: AbortSignal | undefined;
  const provider = createToy(async function* (request) {
    signal = request.signal;
    yield* text("a", "b");
  });

  for await (const _ of chat(provider, { messages }).textStream) break;

  expect(signal?.aborted).toBe(true);
});

test("leaving before the start makes no call, and no attempt", async () => {
  let calls = 0;
  const reply = chat(
    createToy(async function* () {
      calls++;
      yield FINISH;
    }),
    { messages },
  );
  const iterator = reply[Symbol.asyncIterator]();

  await iterator.return?.();

  expect(await iterator.next()).toEqual({ done: true, value: undefined });
  expect(await reply.text()).toBe("");
  expect(reply.route.attempts).toEqual([]);
  expect(calls).toBe(0);
});

test("a failure reaches whoever consumes, with the route, and is not thrown at anybody else", async () => {
  const provider = createToy(() => {
    return failing(new ChatError("rate-limit", "answered 429", { status: 429, phase: "headers" }));
  });
  const reply = chat(provider, { messages });

  const fromStream = await failureOf(collect(reply));
  const fromResult = await failureOf(reply.result());

  expect(fromResult).toBe(fromStream);
  expect(fromStream.route).toEqual({
    attempts: [
      {
        provider: "toy",
        model: "toy-1",
        outcome: "failed",
        code: "rate-limit",
        phase: "headers",
        status: 429,
        ms: expect.any(Number),
      },
    ],
  });
  expect(fromStream.route).toBe(reply.route);
});

test("nothing rejects unhandled when only the stream is consumed", async () => {
  const reply = chat(createScripted(), { messages });

  await failureOf(collect(reply.textStream));
  await turn();

  expect(unhandled).toEqual([]);
});

test("the caller's abort is rethrown as it is and recorded as an abort", async () => {
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  const reply = chat(
    createToy(async function* () {
      yield* text("x");
      await new Promise(() => {});
    }),
    { messages, signal: controller.signal },
  );
  setTimeout(() => controller.abort(reason), 5);

  expect(await reasonOf(reply.text())).toBe(reason);
  expect(await reasonOf(reply.result())).toBe(reason);
  expect(reply.route.attempts).toEqual([
    { provider: "toy", model: "toy-1", outcome: "aborted", ms: expect.any(Number) },
  ]);
});

test("where the site decides, the route names the model that it has", async () => {
  const provider = { ...createScripted(...text("x"), FINISH), models: [{ id: "only", selectable: false }] };

  const { route, warnings } = await chat(provider, { messages, model: "other" }).result();

  expect(route.model).toBe("only");
  expect(warnings).toHaveLength(1);
});

test("an unknown model is a failed attempt under its own name", async () => {
  const error = await failureOf(chat(createScripted(), { messages, model: "other" }).text());

  expect(error.route?.attempts).toMatchObject([{ model: "other", code: "not-found" }]);
});

test("a chain tells its own attempts, which the route shows as they end", async () => {
  const told = { provider: "a", model: "m", outcome: "failed", code: "server", ms: 1 } as const;
  const route = { provider: "b", model: "m", attempts: [told] };
  const chain = createToy(async function* ({ signal }) {
    callOf(signal)?.route.attempts.push(told);
    yield* text("x");
    yield { ...FINISH, route } as StreamPart;
  });
  const reply = chat(chain, { messages });
  const iterator = reply[Symbol.asyncIterator]();

  await iterator.next();
  expect(reply.route.attempts).toEqual([told]);
  await iterator.next();

  expect(reply.route).toEqual(route);
});

test("a chain that throws at once fails the stream and the result alike", async () => {
  const stream = (): never => {
    throw new ChatError("config", "no candidates");
  };
  const reply = chat({ ...createToy(stream), [SELF_GUARDED]: stream } as ChatProvider, { messages });

  expect((await failureOf(collect(reply))).code).toBe("config");
  expect((await failureOf(reply.result())).code).toBe("config");
});

test("no listener stays on the caller's signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };

  await chat(createScripted(...text("x"), FINISH), { messages, signal }).text();
  await reasonOf(chat(createScripted(), { messages, signal }).text());
  for await (const _ of chat(createScripted(...text("x", "y")), { messages, signal })) break;

  expect(listeners).toBe(0);
});

test("one signal may end many calls, and Node.js warns of no leak", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const controller = new AbortController();
  const { signal } = controller;
  const silent = createToy(() => iterable(() => new Promise(() => {})));
  const calls = Array.from({ length: 20 }, () => reasonOf(chat(silent, { messages, signal }).text()));

  await turn();
  controller.abort("over");

  expect(await Promise.all(calls)).toEqual(Array(20).fill("over"));
  await turn();
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

test("neither a reply nor its streams show the prompt to whoever logs them", async () => {
  const prompt = "a prompt that nobody may log";
  const request: ChatRequest = { messages: [{ role: "user", content: prompt }] };
  const reply = chat(createScripted(...ANSWER), request);
  const stream = reply[Symbol.asyncIterator]();
  const call = guarded(createScripted(...ANSWER), request);
  await Promise.all([stream.next(), call.next()]);

  const shown = inspect([reply, stream, call], { depth: 9 });

  expect(shown).not.toContain(prompt);
});

test("a wrong request is told where the reply is consumed, and asks nobody", async () => {
  let asked = 0;
  const provider = createToy(async function* () {
    asked += 1;
    yield FINISH;
  });
  const reply = chat(provider, { messages: "Hello" as never });

  await expect(reply.text()).rejects.toMatchObject({ name: "ChatError", code: "bad-request" });
  expect(asked).toBe(0);
});

test("a call asks what its request held when it was made", async () => {
  const asked: ChatRequest[] = [];
  const provider = createToy(async function* (request) {
    asked.push(request);
    yield { type: "text-delta", delta: "a" };
    yield FINISH;
  });
  const request: ChatRequest = { messages: [{ role: "user", content: "first" }], seed: 1 };
  const reply = chat(provider, request);
  request.messages.push({ role: "user", content: "second" });
  request.seed = 2;

  await reply.text();

  expect(asked).toMatchObject([{ messages: [{ role: "user", content: "first" }], seed: 1 }]);
  expect(asked[0]?.messages).not.toBe(request.messages);
});

test("what is wrong with a request is told to whoever consumes the reply", async () => {
  const reply = chat(createToy(text as never), { messages: [] });

  await expect(reply.text()).rejects.toMatchObject({ code: "bad-request" });
});

test("options for another provider are a warning", async () => {
  const provider = createScripted({ type: "text-delta", delta: "a" }, FINISH);

  const { warnings } = await chat(provider, { messages, providerOptions: { toy: {}, other: {} } }).result();

  expect(warnings).toEqual([
    {
      code: "unsupported",
      message:
        'the `providerOptions` of "other" are for no provider of this call, so they were left out, expected toy',
    },
  ]);
});
