import { expect, test } from "vitest";

import type { ChatRequest, StreamPart } from "../../src/contract/contract.ts";
import { providerCard } from "../../src/define/provider-card.ts";
import { ChatError } from "../../src/errors/chat-error.ts";
import { callOf } from "../../src/guard/call-context.ts";
import { type GuardOptions, SELF_GUARDED } from "../../src/guard/guard-options.ts";
import type { GuardedAnswer } from "../../src/guard/guarded-answer.ts";
import type { ListedStream } from "../../src/parts/listed-stream.ts";
import { partLists } from "../../src/parts/part-lists.ts";
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
  until,
} from "../providers.ts";

const never = (): Promise<never> => new Promise(() => {});

test("an answer is its parts and then one finish", async () => {
  const provider = createScripted(...text("a", "b"), FINISH);

  expect(await collect(guarded(provider, { messages }))).toEqual([...text("a", "b"), FINISH]);
});

test("what came before the content waits for it, so that the first part is the commit", async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const warning = { type: "warning", code: "other", message: "m" } as const;
  const parts = guarded(
    createToy(async function* () {
      yield warning;
      yield* text(" ");
      await gate;
      yield* text("x");
      yield FINISH;
    }),
    { messages },
  );
  let first: unknown;

  const reading = parts.next().then((result) => {
    first = result.value;
  });
  // nothing tells that a part is held back, so the test gives it time to come
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(first).toBeUndefined();
  open();
  await reading;

  expect(first).toEqual(warning);
  expect(await collect(parts)).toEqual([...text(" ", "x"), FINISH]);
});

test.each<[string, unknown[], string]>([
  ["nothing", [], "empty"],
  ["an end marker alone", [FINISH], "empty"],
  ["blank text", [...text(" "), FINISH], "empty"],
  ["reasoning alone", [{ type: "reasoning-delta", delta: "x" }, FINISH], "empty"],
  ["content without an end marker", text("x"), "interrupted"],
  ["a part after finish", [...text("x"), FINISH, ...text("y")], "contract"],
  ["a second finish", [...text("x"), FINISH, FINISH], "contract"],
  ["an unknown part alone", [{ type: "odd" }, FINISH], "empty"],
  ["a part without a type", [{}], "contract"],
  ["a finish without a reason", [...text("x"), { type: "finish" }], "contract"],
  ["null", [null], "contract"],
  ["a text", ["text"], "contract"],
])("a stream of %s is a failure that names provider and model", async (_, parts, code) => {
  const error = await failureOf(collect(guarded(createScripted(...parts), { messages })));

  expect(error).toMatchObject({ code, provider: "toy", model: "toy-1" });
  expect(error.message).toMatch(/^\[toy\] /);
});

test.each<[unknown[] | undefined, string]>([
  [[null], '[toy] stream() gave "null", expected a stream part'],
  [["text"], '[toy] stream() gave "text", expected a stream part'],
  [[...text("x"), FINISH, FINISH], "[toy] stream() gave a part after `finish`, expected it to be the last"],
  [undefined, "[toy] stream() gave no async iterable"],
])("a stream of %j is told as what it is", async (parts, message) => {
  const provider = parts === undefined ? createToy(() => undefined as never) : createScripted(...parts);

  expect((await failureOf(collect(guarded(provider, { messages })))).message).toBe(message);
});

test("reasoning alone is an answer where it is accepted", async () => {
  const provider = createScripted({ type: "reasoning-delta", delta: "x" }, FINISH);

  expect(await collect(guarded(provider, { messages }, { reasoningOnly: true }))).toHaveLength(2);
});

test("tool calls are an answer", async () => {
  const call = { type: "tool-call", id: "1", name: "f", arguments: "{}" } as const;
  const finish = { type: "finish", finishReason: "tool-calls" } as const;

  expect(await collect(guarded(createScripted(call, finish), { messages }))).toEqual([call, finish]);
});

test.each<[string, () => AsyncIterable<StreamPart>]>([
  [
    "throws at once",
    () => {
      throw new TypeError("x");
    },
  ],
  ["gives nothing", () => undefined as never],
  ["gives a list", () => [FINISH] as never],
  ["gives an iterator without promises", () => iterable(() => ({ done: true }) as never)],
  ["gives results that are none", () => iterable(() => Promise.resolve(undefined as never))],
  ["rejects with a text", () => iterable(() => Promise.reject("text"))],
  ["rejects with nothing", () => iterable(() => Promise.reject())],
  [
    "throws when asked for a part",
    () =>
      iterable(() => {
        throw new Error("x");
      }),
  ],
])("a provider that %s breaks the contract", async (_, stream) => {
  const error = await failureOf(collect(guarded(createToy(stream), { messages })));

  expect(error).toMatchObject({ code: "contract", provider: "toy" });
});

test("an error that is thrown after finish does not undo the answer", async () => {
  const provider = createToy(async function* () {
    yield* text("x");
    yield FINISH;
    throw new Error("tidying failed");
  });

  expect(await collect(guarded(provider, { messages }))).toHaveLength(2);
});

test("a provider that hangs after finish is dismissed, and the answer stands", async () => {
  let signal: AbortSignal | undefined;
  const provider = createToy(async function* (request) {
    signal = request.signal;
    yield* text("x");
    yield FINISH;
    await never();
  });

  expect(await collect(guarded(provider, { messages }))).toHaveLength(2);
  expect(signal?.aborted).toBe(true);
});

test("a failure after content carries what had arrived, outside of JSON", async () => {
  const provider = createToy(async function* () {
    yield* text("half ");
    yield { type: "reasoning-delta", delta: "why" };
    yield { type: "tool-call", id: "1", name: "f", arguments: "{}" };
    yield* text("an answer");
    throw new ChatError("network", "failed with ECONNRESET");
  });

  const error = await failureOf(collect(guarded(provider, { messages })));

  expect(error).toMatchObject({ code: "interrupted", scope: "model", phase: "committed" });
  expect(error.partial).toEqual({
    text: "half an answer",
    reasoning: "why",
    toolCalls: [{ id: "1", name: "f", arguments: "{}" }],
  });
  expect(JSON.stringify(error)).not.toContain("half");
});

test("a failure before content has no partial and keeps its code and phase", async () => {
  const provider = createToy(async function* () {
    yield* text(" ");
    throw new ChatError("network", "failed", { phase: "headers" });
  });

  const error = await failureOf(collect(guarded(provider, { messages })));

  expect(error).toMatchObject({ code: "network", phase: "headers", partial: undefined });
});

test("the phase of a failure is the one the call was in", async () => {
  const provider = createToy(({ signal }) => {
    const call = callOf(signal);
    if (call !== undefined) call.phase = "preamble";
    return failing(new ChatError("server", "failed"));
  });

  expect((await failureOf(collect(guarded(provider, { messages })))).phase).toBe("preamble");
});

test("what the instance knows to be secret and what the caller said are gone from a provider's error", async () => {
  const prompt = "why is the wreck of the Deutschland so long";
  const provider = createToy(({ signal }) => {
    const call = callOf(signal);
    if (call !== undefined) call.redactor = (text) => text.replaceAll("hush-hush", "***");
    const cause = new Error(`hush-hush: ${prompt}`);
    return failing(new ChatError("bad-request", `refused "${prompt}" for hush-hush`, { cause }));
  });

  const error = await failureOf(
    collect(guarded(provider, { messages: [{ role: "user", content: [{ type: "text", text: prompt }] }] })),
  );

  expect(error.message).toBe('[toy] refused "[redacted]" for ***');
  expect(`${error.stack}${(error.cause as Error).stack}`).not.toMatch(/wreck|hush/);
});

test("the error of an exhausted chain passes untouched", async () => {
  const exhausted = Object.assign(new Error("all failed"), {
    [Symbol.for("@fallthrough/registry/1.ChainExhaustedError")]: true,
  });
  const provider = createToy(() => iterable(() => Promise.reject(exhausted)));

  expect(await reasonOf(collect(guarded(provider, { messages })))).toBe(exhausted);
});

test("a chain keeps the invariants itself, and gets the options", async () => {
  const stream = (_: ChatRequest, options?: GuardOptions) =>
    partLists(() => text(JSON.stringify(options))) as unknown as ListedStream<GuardedAnswer>;
  const chain = { ...createToy(() => iterable(never)), stream, [SELF_GUARDED]: stream };

  expect(await collect(guarded(chain, { messages }, { caps: { totalMs: 5 } }))).toEqual(
    text('{"caps":{"totalMs":5}}'),
  );
});

test("what replaces the stream of a chain is guarded like any other", async () => {
  const stream = () => partLists(() => text("whole")) as unknown as ListedStream<GuardedAnswer>;
  const chain = { ...createToy(() => iterable(never)), stream, [SELF_GUARDED]: stream };
  const wrapped = { ...chain, stream: () => stream() };

  expect((await failureOf(collect(guarded(wrapped, { messages })))).code).toBe("interrupted");
});

test("the model that is asked for is the one the name means", async () => {
  const asked: (string | undefined)[] = [];
  const provider = createToy(
    async function* ({ model }) {
      asked.push(model);
      yield* text("x");
      yield FINISH;
    },
    { models: [{ id: "a" }, { id: "b", aliases: ["public"] }] },
  );

  for (const model of [undefined, "b", "public"]) await collect(guarded(provider, { messages, model }));

  expect(asked).toEqual(["a", "b", "b"]);
});

test("where the site decides, another name is a warning before the answer", async () => {
  const provider = {
    ...createScripted(...text("x"), FINISH),
    models: [{ id: "only", selectable: false }],
  };

  const parts = await collect(guarded(provider, { messages, model: "other" }));

  expect(parts[0]).toMatchObject({ type: "warning", code: "adjusted" });
});

test("an unknown model and a denied ability are failures without a call", async () => {
  let calls = 0;
  const provider = createToy(
    () => {
      calls++;
      return iterable(never);
    },
    { models: [{ id: "a", capabilities: { json: false } }] },
  );

  const unknown = await failureOf(collect(guarded(provider, { messages, model: "b" })));
  const denied = await failureOf(collect(guarded(provider, { messages, responseFormat: { type: "json" } })));

  expect([unknown.code, denied.code]).toEqual(["not-found", "unsupported"]);
  expect(calls).toBe(0);
});

test.each([
  ["firstChunkMs", [], "timeout"],
  ["totalMs", [], "deadline"],
  ["chunkMs", text("x"), "timeout"],
  ["totalMs", text("x"), "deadline"],
] as const)("%s ends a provider that never settles (%j first)", async (timer, parts, code) => {
  const provider = createToy(async function* () {
    yield* parts;
    await never();
  });

  const error = await failureOf(collect(guarded(provider, { messages, timeouts: { [timer]: 20 } })));

  expect(error).toMatchObject({ code, partial: parts.length > 0 ? { text: "x" } : undefined });
});

test("caps are upper bounds, and commitMs ends as a deadline", async () => {
  const provider = createToy(() => iterable(never));

  const capped = await failureOf(
    collect(guarded(provider, { messages, timeouts: { firstChunkMs: 0 } }, { caps: { firstChunkMs: 10 } })),
  );
  const late = await failureOf(collect(guarded(provider, { messages }, { caps: { commitMs: 10 } })));

  expect([capped.code, late.code]).toEqual(["timeout", "deadline"]);
});

test("timeouts of the request go over those of the instance, which go over those of the options", async () => {
  const seen: unknown[] = [];
  const manifest = {
    specificationVersion: 1,
    id: "toy",
    name: "Toy",
    models: [],
    status: { state: "active", checked: "2026-01-01" },
  };
  const settings = { timeouts: { chunkMs: 2, totalMs: 2_000 } };
  const provider = {
    ...providerCard({ fallthrough: manifest }, settings),
    async *stream({ timeouts }: ChatRequest) {
      seen.push(timeouts);
      yield* text("x");
      yield FINISH;
    },
  };

  await collect(
    guarded(
      provider,
      { messages, timeouts: { totalMs: 3_000 } },
      { timeouts: { chunkMs: 1, firstChunkMs: 1_000 } },
    ),
  );

  expect(seen).toMatchObject([{ firstChunkMs: 1_000, chunkMs: 2, totalMs: 3_000 }]);
});

test.each([
  ["one after the other", (): Promise<void> => Promise.resolve()],
  // the pause lets the timers of the call run between two deltas
  ["with pauses", (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))],
])("empty deltas for ever, %s, are ended by the timer", async (_, pause) => {
  const provider = createToy(async function* () {
    for (;;) {
      await pause();
      yield { type: "text-delta", delta: "" };
    }
  });

  const error = await failureOf(collect(guarded(provider, { messages, timeouts: { firstChunkMs: 20 } })));

  expect(error.code).toBe("timeout");
});

test("empty deltas after content do not put off chunkMs", async () => {
  const provider = createToy(async function* () {
    yield* text("x");
    for (;;) yield { type: "text-delta", delta: "" };
  });

  const error = await failureOf(collect(guarded(provider, { messages, timeouts: { chunkMs: 20 } })));

  expect(error).toMatchObject({ code: "timeout", phase: "committed", partial: { text: "x" } });
});

test("lists with nothing in them put off no timer either", async () => {
  const groups = {
    async *[Symbol.asyncIterator]() {
      for (;;) yield [];
    },
  };
  const before = text("x");
  const provider = createToy(() => partLists(() => ({ groups, read: () => false, before })));

  const error = await failureOf(collect(guarded(provider, { messages, timeouts: { chunkMs: 20 } })));

  expect(error).toMatchObject({ code: "timeout", phase: "committed", partial: { text: "x" } });
});

test("sources and warnings after content do not put off chunkMs", async () => {
  const provider = createToy(async function* () {
    yield* text("x");
    for (let count = 0; count < 100; count++) {
      // 100 pauses of 2 ms are longer than `chunkMs`
      await new Promise((resolve) => setTimeout(resolve, 2));
      yield { type: "source", url: "https://toy.example/" };
    }
  });

  const error = await failureOf(collect(guarded(provider, { messages, timeouts: { chunkMs: 20 } })));

  expect(error).toMatchObject({ code: "timeout", phase: "committed", partial: { text: "x" } });
});

test("an endless answer ends at the limit of the instance", async () => {
  const manifest = {
    specificationVersion: 1,
    id: "toy",
    name: "Toy",
    models: [],
    status: { state: "active", checked: "2026-01-01" },
  };
  const provider = {
    ...providerCard({ fallthrough: manifest }, { limits: { streamBytes: 50 } }),
    async *stream() {
      for (;;) yield { type: "text-delta", delta: "0123456789" } as const;
    },
  };

  const error = await failureOf(collect(guarded(provider, { messages })));

  expect(error).toMatchObject({ code: "limit", partial: { text: "0123456789".repeat(5) } });
});

test("an aborted signal makes no call", async () => {
  let calls = 0;
  const provider = createToy(() => {
    calls++;
    return iterable(never);
  });

  const reason = await reasonOf(collect(guarded(provider, { messages, signal: AbortSignal.abort("gone") })));

  expect(reason).toBe("gone");
  expect(calls).toBe(0);
});

test.each([
  ["before content", []],
  ["after content", text("x")],
])(
  "an abort %s rejects at once with the caller's reason, though the provider ignores it",
  async (_, parts) => {
    const controller = new AbortController();
    const reason = { whatever: "the caller likes" };
    const provider = createToy(async function* () {
      yield* parts;
      await never();
    });
    setTimeout(() => controller.abort(reason), 10);
    const started = performance.now();

    expect(await reasonOf(collect(guarded(provider, { messages, signal: controller.signal })))).toBe(reason);
    expect(performance.now() - started).toBeLessThan(60);
  },
);

test("an abort while the consumer is away is what the next read gives", async () => {
  const controller = new AbortController();
  const parts = guarded(createScripted(...text("a", "b"), FINISH), { messages, signal: controller.signal });
  await parts.next();

  controller.abort("gone");

  expect(await reasonOf(parts.next())).toBe("gone");
  expect((await parts.next()).done).toBe(true);
});

test("an abort, a timeout and content in the same tick have one outcome, and abort wins", async () => {
  const controller = new AbortController();
  const provider = createToy(async function* () {
    const end = performance.now() + 20;
    // the busy loop has to begin in a turn of its own, or no timer comes due during it
    await new Promise((resolve) => setTimeout(resolve, 5));
    while (performance.now() < end);
    controller.abort("gone");
    yield* text("x");
    yield FINISH;
  });

  const reason = await reasonOf(
    collect(guarded(provider, { messages, signal: controller.signal, timeouts: { firstChunkMs: 10 } })),
  );

  expect(reason).toBe("gone");
});

test("content in the tick of its timeout wins", async () => {
  const provider = createToy(async function* () {
    const end = performance.now() + 20;
    // the busy loop has to begin in a turn of its own, or no timer comes due during it
    await new Promise((resolve) => setTimeout(resolve, 5));
    while (performance.now() < end);
    yield* text("x");
    yield FINISH;
  });

  expect(await collect(guarded(provider, { messages, timeouts: { firstChunkMs: 10 } }))).toHaveLength(2);
});

test("a provider that makes its caller abort is not read", async () => {
  const controller = new AbortController();
  let reads = 0;
  let returned = false;
  const provider = createToy(() => {
    controller.abort("gone");
    return iterable(
      () => {
        reads++;
        return never();
      },
      () => {
        returned = true;
      },
    );
  });

  expect(await reasonOf(collect(guarded(provider, { messages, signal: controller.signal })))).toBe("gone");
  await until(() => returned);
  expect(reads).toBe(0);
});

test("leaving the iterator returns the source and aborts its signal", async () => {
  let signal: AbortSignal | undefined;
  let returned = false;
  const provider = createToy(async function* (request) {
    signal = request.signal;
    try {
      yield* text("a", "b");
      yield FINISH;
    } finally {
      returned = true;
    }
  });

  for await (const _ of guarded(provider, { messages })) break;

  expect(signal?.aborted).toBe(true);
  await until(() => returned);
});

test("leaving does not wait for a provider that hangs, and frees a read that waits", async () => {
  const parts = guarded(
    createToy(() => iterable(never)),
    { messages },
  );
  const reading = parts.next();

  await parts.return?.();

  expect(await reading).toEqual({ done: true, value: undefined });
});

test("leaving before the start makes no call", async () => {
  let calls = 0;
  const parts = guarded(
    createToy(() => {
      calls++;
      return iterable(never);
    }),
    { messages },
  );

  await parts.return?.();

  expect((await parts.next()).done).toBe(true);
  expect(calls).toBe(0);
});

test("a part may be asked for before the last one has come", async () => {
  const parts = guarded(createScripted(...text("a", "b"), FINISH), { messages });

  const results = await Promise.all([parts.next(), parts.next(), parts.next(), parts.next()]);

  expect(results.map(({ value }) => value)).toEqual([...text("a", "b"), FINISH, undefined]);
});

test("no timer and no listener survive the call, whatever its end", async () => {
  const controller = new AbortController();
  let listeners = 0;
  const { signal } = controller;
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
  const before = timers();

  await collect(guarded(createScripted(...text("x"), FINISH), { messages, signal }));
  await reasonOf(collect(guarded(createScripted(), { messages, signal })));
  for await (const _ of guarded(createScripted(...text("x", "y")), { messages, signal })) break;

  expect(listeners).toBe(0);
  expect(timers()).toBe(before);
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
