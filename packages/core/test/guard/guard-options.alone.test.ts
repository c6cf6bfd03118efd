import { afterEach, expect, test, vi } from "vitest";
import type { ChatProvider, ChatRequest, StreamPart } from "../../src/contract/contract.ts";
import { RATE_START } from "../../src/contract/defaults.ts";
import { providerCard } from "../../src/define/provider-card.ts";
import { ChatError, type PartialReply } from "../../src/errors/chat-error.ts";
import { callOf } from "../../src/guard/call-context.ts";
import { guard } from "../../src/guard/guard.ts";
import { type CallObserver, type FailedCall, idsOf, MEMBERS } from "../../src/guard/guard-options.ts";
import type { CallEnd, GuardedAnswer } from "../../src/guard/guarded-answer.ts";
import { waitingOf } from "../../src/guard/waiting.ts";
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

afterEach(() => void vi.useRealTimers());

const never = (): Promise<never> => new Promise(() => {});
const MANIFEST = {
  specificationVersion: 1,
  id: "toy",
  name: "Toy",
  models: [{ id: "toy-1" }],
  status: { state: "active", checked: "2026-01-01" },
};

/** A provider whose parts a test sends one by one. */
function createSender() {
  let send = (_: IteratorResult<StreamPart>): void => {};
  const provider = createToy(() =>
    iterable(
      () =>
        new Promise((resolve) => {
          send = resolve;
        }),
    ),
  );
  const give = async (...parts: readonly StreamPart[]): Promise<void> => {
    for (const value of parts) {
      // until the part is asked for, and until it was taken
      await vi.advanceTimersByTimeAsync(0);
      send({ done: false, value });
      await vi.advanceTimersByTimeAsync(0);
    }
  };
  return { provider, give };
}

/** What happens to a call whose rate is measured, as a text or the failure. */
function opened(provider: ChatProvider, minRate: number) {
  const seen: { answer?: GuardedAnswer | undefined; failure?: ChatError } = {};
  const call = guard(provider, { messages }, { minRate });
  call.open().then(
    (answer) => {
      seen.answer = answer;
    },
    (failure) => {
      seen.failure = failure;
    },
  );
  return seen;
}

test("a call whose rate is not measured opens with its first content", async () => {
  vi.useFakeTimers();
  const { provider, give } = createSender();
  const seen = opened(provider, 0);

  await give(...text("a"));

  expect(seen.answer?.text()).toBe("a");
});

test("a start that comes too slowly is left after the time for the start, and says how slow it was", async () => {
  vi.useFakeTimers();
  const { provider, give } = createSender();
  const seen = opened(provider, 20);

  await give(...text("x".repeat(22)), { type: "reasoning-delta", delta: "hm" });
  await vi.advanceTimersByTimeAsync(RATE_START.ms - 1);
  expect(seen).toEqual({});
  await vi.advanceTimersByTimeAsync(1);

  expect(seen.failure).toMatchObject({
    code: "timeout",
    message: "[toy] gave 24 characters in the first 2 s, expected at least 20 a second",
  });
  expect(vi.getTimerCount()).toBe(0);
});

test("a start that comes just fast enough opens after the time for the start, with all that has come", async () => {
  vi.useFakeTimers();
  const { provider, give } = createSender();
  const seen = opened(provider, 20);

  await give(...text("x".repeat(39)));
  await give({ type: "reasoning-delta", delta: "y" });
  await vi.advanceTimersByTimeAsync(RATE_START.ms);

  expect(await seen.answer?.next()).toEqual([
    ...text("x".repeat(39)),
    { type: "reasoning-delta", delta: "y" },
  ]);
});

test("a start that is long enough opens at once, and its timer is gone", async () => {
  vi.useFakeTimers();
  const { provider, give } = createSender();
  const seen = opened(provider, 1_000);

  await give(...text("x".repeat(RATE_START.characters - 1)));
  expect(seen.answer).toBeUndefined();
  await give(...text("y"));
  expect(seen.answer?.text()).toHaveLength(RATE_START.characters);
  await vi.advanceTimersByTimeAsync(RATE_START.ms);

  expect(seen.failure).toBeUndefined();
});

test("an answer that is whole opens, however little it holds", async () => {
  vi.useFakeTimers();
  const provider = createScripted(...text("yes"), FINISH);
  const seen = opened(provider, 1_000);
  await vi.advanceTimersByTimeAsync(1);

  expect(await seen.answer?.next()).toEqual([...text("yes"), FINISH]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a call that fails while its rate is measured keeps no timer", async () => {
  vi.useFakeTimers();
  const provider = createToy(async function* () {
    yield* text("a");
    throw new ChatError("server", "answered 500");
  });
  const seen = opened(provider, 20);
  await vi.advanceTimersByTimeAsync(RATE_START.ms);

  expect(seen.failure).toMatchObject({ code: "server", partial: { text: "a" } });
  expect(vi.getTimerCount()).toBe(0);
});

test("the silence of a start that is measured counts from its last content", async () => {
  vi.useFakeTimers();
  const { provider, give } = createSender();
  const seen: { failure?: ChatError } = {};
  guard(provider, { messages, timeouts: { chunkMs: 1_000 } }, { minRate: 1 })
    .open()
    .catch((failure) => {
      seen.failure = failure;
    });

  await give(...text("a"));
  await vi.advanceTimersByTimeAsync(999);
  expect(seen).toEqual({});
  await vi.advanceTimersByTimeAsync(2);

  expect(seen.failure).toMatchObject({
    code: "timeout",
    message: "[toy] sent nothing for 1000 ms after its last content",
  });
});

test("closing whoever made a call fails the call with the reason, before and after the content", async () => {
  for (const parts of [[], text("a")]) {
    const closing = new AbortController();
    const provider = createToy(async function* () {
      yield* parts;
      await never();
    });
    const reading = failureOf(collect(guarded(provider, { messages }, { closing: closing.signal })));
    // the call has to be open before it can be closed
    await new Promise((resolve) => setImmediate(resolve));

    closing.abort(new ChatError("config", "the registry was closed"));

    expect(await reading).toMatchObject({
      code: "config",
      message: "[toy] the registry was closed",
      partial: parts.length > 0 ? { text: "a" } : undefined,
    });
  }
});

test("a call that has ended leaves nothing on the signal of whoever closes", async () => {
  const { signal } = new AbortController();
  const off = vi.spyOn(signal, "removeEventListener");
  const on = vi.spyOn(signal, "addEventListener");

  await collect(guarded(createScripted(...text("a"), FINISH), { messages }, { closing: signal }));

  expect(on).toHaveBeenCalledOnce();
  expect(off).toHaveBeenCalledOnce();
});

/** An observer that writes down what it is told. */
function createObserver(changes: Partial<CallObserver> = {}) {
  const told: unknown[] = [];
  const observer: CallObserver = {
    committed: () => void told.push("committed"),
    finished(finish, answer) {
      told.push(["finished", answer()]);
      return { ...finish, model: "observed" };
    },
    failed(reason, facts) {
      told.push(["failed", facts]);
      return reason;
    },
    left: () => void told.push("left"),
    ...changes,
  };
  return { told, observer };
}

test("an observer learns of the content and of the end, and gives the last part", async () => {
  const { told, observer } = createObserver();
  const call = { type: "tool-call", id: "1", name: "f", arguments: "{}" } as const;
  const provider = createScripted(...text("a"), { type: "reasoning-delta", delta: "b" }, call, FINISH);

  const parts = await collect(guarded(provider, { messages }, { observer }));

  const answer: PartialReply = {
    text: "a",
    reasoning: "b",
    toolCalls: [{ id: "1", name: "f", arguments: "{}" }],
  };
  expect(told).toEqual(["committed", ["finished", answer]]);
  expect(parts.at(-1)).toEqual({ ...FINISH, model: "observed" });
});

test("an observer decides what the reader gets of a failure, unless it fails itself", async () => {
  const failure = new Error("in other words");
  const broken = createToy(() => failing(new ChatError("server", "answered 500")));
  const { told, observer } = createObserver();
  const renaming = createObserver({ failed: () => failure }).observer;
  const throwing = createObserver({
    failed() {
      throw new Error("the observer is broken");
    },
  }).observer;

  expect((await failureOf(collect(guarded(broken, { messages }, { observer })))).code).toBe("server");
  expect(told).toEqual([["failed", { aborted: false, unread: false } satisfies FailedCall]]);
  expect(await reasonOf(collect(guarded(broken, { messages }, { observer: renaming })))).toBe(failure);
  expect((await failureOf(collect(guarded(broken, { messages }, { observer: throwing })))).code).toBe(
    "server",
  );
});

test("an observer learns of an abort and of a reader that leaves, once", async () => {
  const { told, observer } = createObserver();
  const silent = createToy(() => iterable(never));
  await reasonOf(collect(guarded(silent, { messages, signal: AbortSignal.abort("gone") }, { observer })));
  expect(told.splice(0)).toEqual([["failed", { aborted: true, unread: false }]]);

  const parts = guarded(createScripted(...text("a", "b"), FINISH), { messages }, { observer });
  await parts.next();
  await parts.return();
  await parts.return();

  expect(told).toEqual(["committed", "left"]);
});

test("a time that runs out says whether the provider was silent or the reader away", async () => {
  const hanging = createToy(async function* () {
    yield* text("a", "b");
    await never();
  });
  const silent = createObserver();
  const away = createObserver();

  const waiting = await failureOf(
    collect(guarded(hanging, { messages, timeouts: { totalMs: 20 } }, { observer: silent.observer })),
  );
  const left = guarded(hanging, { messages, timeouts: { totalMs: 20 } }, { observer: away.observer });
  await left.next();
  await until(() => away.told.length === 2);

  expect(waiting.message).toBe("[toy] did not finish within 20 ms");
  expect(silent.told.at(-1)).toEqual(["failed", { aborted: false, unread: false }]);
  expect(away.told.at(-1)).toEqual(["failed", { aborted: false, unread: true }]);
  expect((await failureOf(left.next())).message).toBe("[toy] was not read to its end within 20 ms");
});

test("what was read of an answer whose end nobody came for stays readable", async () => {
  let ended: CallEnd | undefined;
  const call = guard(createScripted({ type: "reasoning-delta", delta: "b" }, ...text("a"), FINISH), {
    messages,
  });
  const answer = (await call.open()) as GuardedAnswer;
  answer.whenEnded((end) => {
    ended = end;
  });

  while ((await answer.next()) !== undefined);
  let again: CallEnd | undefined;
  answer.whenEnded((end) => {
    again = end;
  });

  expect(ended).toEqual({ finish: FINISH });
  expect(again).toBe(ended);
  expect([answer.text(), answer.reasoning(), answer.firstChunkMs]).toEqual(["a", "b", 30_000]);
});

test("an answer with nothing in it is one where that was allowed", async () => {
  const empty = createScripted(FINISH);

  expect(await collect(guarded(empty, { messages }, { emptyAllowed: true }))).toEqual([FINISH]);
  expect((await failureOf(collect(guarded(empty, { messages }, { emptyAllowed: false })))).code).toBe(
    "empty",
  );
});

test("the provider finds the options of its call by the signal", async () => {
  const chain = {};
  const { observer } = createObserver();
  const route = { attempts: [] };
  let seen: unknown;
  const provider = createToy(({ signal }) => {
    seen = callOf(signal);
    return createScripted(...text("a"), FINISH).stream({ messages });
  });

  await collect(
    guarded(provider, { messages, timeouts: { connectMs: 5 } }, { chain, key: 1, observer, route }),
  );

  expect(seen).toMatchObject({ phase: "connect", exchanges: 0, connectMs: 5, key: 1 });
  expect(seen).toHaveProperty("chain", chain);
  expect(seen).toHaveProperty("observer", observer);
  expect((seen as { route: unknown }).route).toBe(route);
});

test("a call within a call writes the route of the outer one, unless it has its own", async () => {
  const routes: unknown[] = [];
  const inner = createToy(({ signal }) => {
    routes.push(callOf(signal)?.route);
    return createScripted(...text("a"), FINISH).stream({ messages });
  });
  const outer = createToy((request) => {
    routes.push(callOf(request.signal)?.route);
    return partLists(async () => guarded(inner, request));
  });

  await collect(guarded(outer, { messages }));

  expect(routes).toEqual([{ attempts: [] }, { attempts: [] }]);
  expect(routes[1]).toBe(routes[0]);
});

test("options for a stranger are told once, by the outermost guard, which may know more ids", async () => {
  const inner = createScripted(...text("a"), FINISH);
  const outer = createToy((request) => partLists(async () => guarded(inner, request)));
  const request: ChatRequest = { messages, providerOptions: { other: {} } };
  const warnings = async (ids?: readonly string[]): Promise<number> => {
    const parts = await collect(guarded(outer, request, { ids }));
    return parts.filter(({ type }) => type === "warning").length;
  };

  expect(await warnings()).toBe(1);
  expect(await warnings(["toy", "other"])).toBe(0);
});

test("a chain that somebody wrapped tells the ids of its members", () => {
  const provider = createScripted();

  expect(idsOf(provider)).toEqual(["toy"]);
  expect(idsOf({ ...provider, [MEMBERS]: ["a", "b"] } as ChatProvider)).toEqual(["a", "b"]);
});

test("a provider that cannot be read is a mistake of the configuration", async () => {
  const broken = new Proxy(createScripted(), {
    get() {
      throw new Error("a trap");
    },
  });
  const stated = new ChatError("config", "mine");
  const stating = {
    ...createScripted(),
    get models(): never {
      throw stated;
    },
  };

  expect(() => guard(broken, { messages })).toThrow(
    expect.objectContaining({
      code: "config",
      message: "the provider could not be read, expected plain data",
    }),
  );
  expect((await failureOf(collect(guarded(stating, { messages })))).message).toBe("[toy] mine");
});

test("a model that denies what a request needs is named", async () => {
  const provider = { ...createScripted(), models: [{ id: "a", capabilities: { tools: false } }] };

  const error = await failureOf(
    collect(guarded(provider, { messages, tools: [{ name: "f", parameters: {} }] })),
  );

  expect(error.message).toBe('[toy] model "a" does not do tools');
});

/** A provider with this base URL, which streams what the function gives. */
function createAt(baseURL: string, stream: ChatProvider["stream"]): ChatProvider {
  return { ...providerCard({ fallthrough: MANIFEST }, { baseURL }), stream };
}

test("a server nearby has longer silences, because it loads its model first", async () => {
  const seen: ChatRequest["timeouts"][] = [];
  async function* stream({ timeouts }: ChatRequest): AsyncGenerator<StreamPart> {
    seen.push(timeouts);
    yield* text("a");
    yield FINISH;
  }

  await collect(guarded(createAt("http://127.0.0.1:1234", stream), { messages }));
  await collect(guarded(createAt("https://api.example.com", stream), { messages }));

  expect(seen).toMatchObject([
    { firstChunkMs: 300_000, chunkMs: 300_000 },
    { firstChunkMs: 30_000, chunkMs: 60_000 },
  ]);
  expect(seen[0]).not.toHaveProperty("commitMs");
});

test.each<[string, string, boolean]>([
  ["nearby", "http://127.0.0.1:1234", true],
  ["far away", "https://api.example.com", false],
])("a call to a server %s shows in its route whom it waits for: %s is %s", async (_, url, shown) => {
  const route = { attempts: [] };
  let start = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const provider = createAt(url, async function* () {
    await started;
    yield* text("a", "b");
    yield FINISH;
  });
  const before = performance.now();
  const parts = guarded(provider, { messages }, { route });
  expect(waitingOf(route)).toBeUndefined();
  const first = parts.next();

  const waiting = waitingOf(route);
  expect(waiting).toEqual(shown ? { provider: "toy", model: "toy-1", since: expect.any(Number) } : undefined);
  expect(waiting?.since ?? before).toBeGreaterThanOrEqual(before);
  start();
  await first;
  expect(waitingOf(route)).toBeUndefined();
  await parts.return();
});

test("a call that fails waits for nobody any more", async () => {
  const route = { attempts: [] };
  const provider = createAt("http://127.0.0.1:1234", () => failing(new ChatError("network", "refused")));

  await failureOf(collect(guarded(provider, { messages }, { route })));

  expect(waitingOf(route)).toBeUndefined();
});

test("what the head of the answer told is in its last part, unless the provider says it itself", async () => {
  const told = { id: "own", headers: {} };
  const answering = (finish: StreamPart): ChatProvider =>
    createToy(async function* ({ signal }) {
      const call = callOf(signal);
      if (call !== undefined) call.headers = { "x-request-id": "r-1", "set-cookie": "secret" };
      yield* text("a");
      yield finish;
    });

  const [, ofHead] = await collect(guarded(answering(FINISH), { messages }));
  const [, own] = await collect(guarded(answering({ ...FINISH, response: told } as never), { messages }));

  expect(ofHead).toEqual({ ...FINISH, response: { id: "r-1", headers: { "x-request-id": "r-1" } } });
  expect(own).toEqual({ ...FINISH, response: told });
});

test("the rest of a body gets a short time after the end marker, and then the exchange is aborted", async () => {
  vi.useFakeTimers();
  const signals: AbortSignal[] = [];
  const exchanging = (exchanges: number): ChatProvider =>
    createToy(async function* ({ signal }) {
      signals.push(signal as AbortSignal);
      const call = callOf(signal);
      if (call !== undefined) call.exchanges = exchanges;
      yield* text("a");
      yield FINISH;
    });

  await collect(guarded(exchanging(1), { messages }));
  await collect(guarded(exchanging(0), { messages }));
  vi.advanceTimersByTime(19);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  vi.advanceTimersByTime(1);

  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
});

test("a provider that hangs after finish is waited for 250 ms, and its failure then is none", async () => {
  vi.useFakeTimers();
  let end: unknown;
  const provider = createToy(async function* () {
    yield* text("a");
    yield FINISH;
    await never();
  });
  const reading = collect(guarded(provider, { messages })).then((parts) => {
    end = parts.at(-1);
  });

  await vi.advanceTimersByTimeAsync(249);
  expect(end).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1);
  await reading;

  expect(end).toEqual(FINISH);
  expect(vi.getTimerCount()).toBe(0);
});
