import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { ChatProvider, StreamPart } from "../../src/contract/contract.ts";
import { partLists } from "../../src/parts/part-lists.ts";
import { chat } from "../../src/reply/chat.ts";
import { heapGrowth } from "../garbage.ts";
import {
  collect,
  createScripted,
  createToy,
  FINISH,
  failureOf,
  iterable,
  messages,
  reasonOf,
  text,
} from "../providers.ts";

const never = (): Promise<never> => new Promise(() => {});

/** A provider whose parts come in these lists; a function is what happens before the next. */
function listed(...lists: readonly (readonly StreamPart[] | (() => Promise<unknown>))[]): ChatProvider {
  let index = 0;
  async function* groups(): AsyncGenerator<readonly []> {
    for (const list of lists) {
      if (typeof list === "function") await list();
      yield [];
    }
  }
  const read = (events: unknown, parts: StreamPart[]): boolean => {
    const list = events === undefined ? [] : lists[index++];
    if (typeof list === "object") parts.push(...list);
    return events === undefined;
  };
  return createToy(() => partLists(() => ({ groups: groups(), read })));
}

test.each(["parts", "text"] as const)("the %s may be asked for before the last answer", async (what) => {
  const reply = chat(createScripted(...text("a", "b", "c"), FINISH), { messages });
  const values = (what === "parts" ? reply : reply.textStream)[Symbol.asyncIterator]();

  const asked = await Promise.all([1, 2, 3, 4, 5].map(() => values.next()));

  const given = asked.map(({ value }) => (typeof value === "string" ? value : (value?.delta ?? value?.type)));
  expect(given).toEqual(["a", "b", "c", what === "parts" ? "finish" : undefined, undefined]);
  expect(await reply.text()).toBe("abc");
});

test("those who asked too early hear of a failure once", async () => {
  const values = chat(createScripted(...text("a")), { messages }).textStream[Symbol.asyncIterator]();

  const asked = await Promise.allSettled([values.next(), values.next(), values.next()]);

  expect(asked).toMatchObject([
    { value: { value: "a" } },
    { reason: { code: "interrupted" } },
    { value: { done: true } },
  ]);
});

test("whoever leaves within a list has consumed what was read of it", async () => {
  const source = { type: "source", url: "https://toy.example" } as const;
  const reply = chat(listed([...text("a", "b"), source, ...text("c"), FINISH]), { messages });

  for await (const delta of reply.textStream) if (delta === "b") break;

  expect(await reply.result()).toMatchObject({ text: "ab", sources: [], finishReason: "other" });
  expect(reply.route).toMatchObject({ attempts: [{ outcome: "aborted" }] });
});

test("whoever leaves within a list has consumed the reasoning that was read of it", async () => {
  const thoughts = ["a", "bc", "d"].map((delta) => ({ type: "reasoning-delta", delta }) as const);
  const reply = chat(listed([...thoughts, ...text("x", "y"), FINISH]), { messages });

  for await (const part of reply) if (part === thoughts[1]) break;

  expect(await reply.result()).toMatchObject({ text: "", reasoning: "abc", finishReason: "other" });
});

test("a reply that was left before it was asked for is an answer with nothing in it", async () => {
  const reply = chat(createScripted(...text("a"), FINISH), { messages });

  await reply[Symbol.asyncIterator]().return?.();

  expect(await reply.result()).toEqual({
    text: "",
    reasoning: "",
    message: { role: "assistant", content: "" },
    toolCalls: [],
    sources: [],
    warnings: [],
    finishReason: "other",
    route: { attempts: [] },
  });
});

test("a failure comes after the parts before it, and its partial answer is what was read", async () => {
  const reply = chat(listed([...text("a", "b"), null as never, ...text("c")]), { messages });
  const read: string[] = [];

  const error = await failureOf(
    (async () => {
      for await (const delta of reply.textStream) read.push(delta);
    })(),
  );

  expect(read).toEqual(["a", "b"]);
  expect(error).toMatchObject({ code: "contract", partial: { text: "ab" } });
});

test("an abort drops what was not read", async () => {
  const controller = new AbortController();
  const reply = chat(listed([...text("a", "b"), FINISH]), { messages, signal: controller.signal });
  const parts = reply[Symbol.asyncIterator]();
  await parts.next();

  controller.abort("gone");

  expect(await reasonOf(parts.next())).toBe("gone");
});

test.each<[string, (reply: AsyncIterator<unknown>) => void, unknown]>([
  ["the time is over", () => {}, { code: "deadline", message: expect.stringContaining("was not read") }],
  ["the reader leaves", (reader) => void reader.return?.(), { text: "a", finishReason: "other" }],
])("a result beside a reader that does not come back is there once %s", async (_, end, expected) => {
  const reply = chat(listed(text("a"), text("b")), { messages, timeouts: { totalMs: 30 } });
  const reader = reply[Symbol.asyncIterator]();
  await reader.next();

  const result = reply.result().catch((reason: unknown) => reason);
  end(reader);

  expect(await result).toMatchObject(expected as object);
});

test("a result beside a reader that does not come back is there once the call was aborted", async () => {
  const controller = new AbortController();
  const reply = chat(listed(text("a"), text("b")), { messages, signal: controller.signal });
  await reply[Symbol.asyncIterator]().next();
  const result = reasonOf(reply.result());

  controller.abort("gone");

  expect(await result).toBe("gone");
});

test("a result beside a reader that does not come back is there once a list was no answer", async () => {
  const reply = chat(listed([...text("a"), null as never]), { messages });
  await reply[Symbol.asyncIterator]().next();

  expect(await reasonOf(reply.result())).toMatchObject({ code: "contract", partial: { text: "a" } });
});

test("time that the reader takes is not the provider's silence", async () => {
  const reply = chat(listed(...text("a", "b", "c").map((part) => [part]), [FINISH]), {
    messages,
    timeouts: { chunkMs: 20 },
  });
  let read = "";

  for await (const delta of reply.textStream) {
    read += delta;
    // longer than `chunkMs`, which must not count the time of the reader
    await delay(40);
  }

  expect(read).toBe("abc");
});

test("a reply whose reader stays away holds no timer that keeps the process alive, and is ended all the same", async () => {
  let signal: AbortSignal | undefined;
  const provider = createToy(async function* (request) {
    signal = request.signal;
    yield* text("a");
    await never();
  });
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  const reader = chat(provider, { messages, timeouts: { totalMs: 40 } })[Symbol.asyncIterator]();

  const first = reader.next();
  expect(timers()).toBe(before + 1);
  await first;
  expect(timers()).toBe(before);
  // longer than `totalMs`
  await delay(80);

  expect(signal?.aborted).toBe(true);
});

test("a whole answer needs no more memory than a loop, however many parts it has", async () => {
  let peak = Number.NaN;
  const count = 50_000;
  const collectGarbage = () => heapGrowth(() => {});
  const measured = async (consume: (provider: ChatProvider) => Promise<unknown>): Promise<number> => {
    let parts = 0;
    const provider = createToy(async function* () {
      for (; parts < count; parts++) {
        if (parts % 100 === 0) await turn();
        yield { type: "reasoning-delta", delta: "a" };
      }
      await collectGarbage();
      peak = process.memoryUsage().heapUsed;
      yield* text("end");
      yield FINISH;
    });
    await collectGarbage();
    const before = process.memoryUsage().heapUsed;
    await consume(provider);
    return (peak - before) / 1024 / 1024;
  };

  const loop = await measured((provider) => collect(chat(provider, { messages }).textStream));
  const whole = await measured((provider) => chat(provider, { messages }).result());

  expect(loop).toBeLessThan(4);
  expect(whole).toBeLessThan(4);
}, 30_000);

test("a reply may be the stream of a provider", async () => {
  const inner = listed(text("a", "b"), [FINISH]);
  const outer = createToy((request) => chat(inner, request), { id: "outer" });

  expect(await chat(outer, { messages }).result()).toMatchObject({
    text: "ab",
    route: { attempts: [{ outcome: "answered" }] },
  });
});

test("a part that only a later minor knows reaches who iterates, and is no part of the result", async () => {
  const file = { type: "file", data: "iVBOR" } as unknown as StreamPart;
  const provider = createScripted(...text("a"), file, FINISH);

  expect((await collect(chat(provider, { messages })))[1]).toBe(file);
  expect(await chat(provider, { messages }).result()).toMatchObject({ text: "a", finishReason: "stop" });
});

const TRAPS = new Proxy(
  {},
  {
    get: () => {
      throw new Error("get");
    },
    has: () => {
      throw new Error("has");
    },
    getPrototypeOf: () => {
      throw new Error("prototype");
    },
  },
);

test.each<[string, unknown]>([
  ["an object without a prototype", Object.create(null)],
  ["a proxy whose traps throw", TRAPS],
  [
    "an object whose getters throw",
    {
      get code() {
        throw new Error("code");
      },
      get message() {
        throw new Error("message");
      },
    },
  ],
  ["a symbol", Symbol("odd")],
])("a provider that throws %s broke the contract", async (_, thrown) => {
  const early = createToy(() => iterable(() => Promise.reject(thrown)));
  const late = createToy(async function* () {
    yield* text("a");
    throw thrown;
  });

  expect((await failureOf(chat(early, { messages }).text())).code).toBe("contract");
  expect(await failureOf(chat(late, { messages }).text())).toMatchObject({
    code: "contract",
    partial: { text: "a" },
  });
});
