import { inspect } from "node:util";
import { ChatError, type ChatProvider, chat, type StreamPart } from "@fallthrough/core";
import { wrapProvider } from "@fallthrough/core/provider";
import { afterEach, expect, test, vi } from "vitest";
import {
  ChainExhaustedError,
  type ChainOptions,
  createChain,
  createMemoryHealth,
  createRegistry,
} from "../../src/index.ts";
import { answer, content, fakeProvider, QUESTION, type Turn } from "../fake-provider.ts";

const SERVER = new ChatError("server", "POST /chat answered 500", { status: 500, phase: "headers" });

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail("it was answered"),
    (error: unknown) => error,
  );
}

test("the first that answers is streamed, and the route tells who was asked", async () => {
  const first = fakeProvider("first", [[SERVER]]);
  const second = fakeProvider("second", [
    [...answer("he", "re").slice(0, 2), { type: "finish", finishReason: "stop", model: "m-2026" }],
  ]);
  const third = fakeProvider("third", [answer("never")]);
  const parts: StreamPart[] = [];

  for await (const part of chat(createChain([first, second, third]), QUESTION)) parts.push(part);

  const attempts = [
    {
      provider: "first",
      model: "first-model",
      outcome: "failed",
      code: "server",
      phase: "headers",
      status: 500,
      ms: expect.any(Number),
    },
    {
      provider: "second",
      model: "second-model",
      outcome: "answered",
      reportedModel: "m-2026",
      ms: expect.any(Number),
    },
  ];
  expect(parts).toEqual([
    { type: "text-delta", delta: "he" },
    { type: "text-delta", delta: "re" },
    {
      type: "finish",
      finishReason: "stop",
      model: "m-2026",
      route: { provider: "second", model: "m-2026", attempts },
    },
  ]);
  expect(third.requests).toEqual([]);
});

test("the route of the reply fills as attempts end", async () => {
  const reply = chat(
    createChain([fakeProvider("first", [[SERVER]]), fakeProvider("second", [answer("a", "b")])]),
    QUESTION,
  );

  const seen: string[][] = [];
  for await (const _ of reply) seen.push(reply.route.attempts.map(({ provider }) => provider));

  expect(seen).toEqual([["first"], ["first"], ["first", "second"]]);
  expect(reply.route).toMatchObject({ provider: "second", model: "second-model" });
});

test("blank text does not commit, so nothing of it reaches the caller", async () => {
  const first = fakeProvider("first", [[{ type: "text-delta", delta: " \n" }, SERVER]]);

  expect(await chat(createChain([first, fakeProvider("second", [answer("here")])]), QUESTION).text()).toBe(
    "here",
  );
});

test("after the commit nobody else is asked: the caller gets what arrived, and the failure with it and the route", async () => {
  const health = createMemoryHealth();
  const first = fakeProvider("first", [
    [...content("half "), new ChatError("interrupted", "the stream ended early")],
  ]);
  const second = fakeProvider("second", [answer("never")]);
  const chain = createChain([first, second], { health });
  const deltas: string[] = [];

  const error = await failure(
    (async () => {
      for await (const text of chat(chain, QUESTION).textStream) deltas.push(text);
    })(),
  );

  expect(deltas).toEqual(["half "]);
  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject({ code: "interrupted", phase: "committed", partial: { text: "half " } });
  expect(error).toMatchObject({
    route: { attempts: [{ provider: "first", outcome: "failed", phase: "committed" }] },
  });
  expect(second.requests).toEqual([]);
  for (let call = 0; call < 2; call++) await failure(chat(chain, QUESTION).text());
  expect(health.peek({ provider: "first", model: "first-model" }).state).toBe("cooling");
});

test("each candidate is sent its own model, and everything else as it was", async () => {
  const first = fakeProvider("first", [[SERVER]], {
    models: [{ id: "small" }, { id: "large", aliases: ["big"] }],
  });
  const second = fakeProvider("second", [answer("here")], { models: [] });
  const request = { ...QUESTION, temperature: 0.5, providerOptions: { first: { a: 1 } } };

  await chat(createChain([{ provider: first, model: "big" }, second]), { ...request, model: "other" }).text();

  expect(first.requests[0]).toMatchObject({ ...request, model: "large" });
  expect(second.requests[0]).toMatchObject({ ...request, model: "other" });
});

test("when all fail, the error keeps every failure in order", async () => {
  const codes = ["server", "rate-limit", "protocol"] as const;
  const providers = codes.map((code) =>
    fakeProvider(code, [[new ChatError(code, "failed", { retryAfterMs: 60_000 })]]),
  );

  const error = (await failure(chat(createChain(providers), QUESTION).result())) as ChainExhaustedError;

  expect(error).toBeInstanceOf(ChainExhaustedError);
  expect(error.errors.map(({ code, provider }) => [code, provider])).toEqual(
    codes.map((code) => [code, code]),
  );
  expect(error.route.attempts.map(({ code }) => code)).toEqual(codes);
  expect(error.retryAt?.getTime()).toBeCloseTo(Date.now() + 60_000, -3);
});

test("who would not be asked anyway does not decide when to try again", async () => {
  const health = createMemoryHealth();
  const tools = [{ name: "look", parameters: {} }];
  const unable = fakeProvider("unable", [[new ChatError("auth", "was refused")]], {
    models: [{ id: "m", capabilities: { tools: false } }],
  });
  const unset = fakeProvider("unset", [[new ChatError("config", "setting `key` is missing")]]);
  const chain = createChain([unable, unset], { health });
  await failure(chat(chain, QUESTION).text());

  const error = await failure(chat(chain, { ...QUESTION, tools }).text());

  expect(error).toMatchObject({ errors: [{ code: "config" }], retryAt: undefined });
});

test("nobody waits in a back-off while another candidate is left", async () => {
  // timers of a clock that stands still
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

  const text = await chat(
    createChain([fakeProvider("first", [[SERVER]]), fakeProvider("second", [answer("here")])]),
    QUESTION,
  ).text();

  expect(text).toBe("here");
});

test("a lone candidate whose server fails is tried once more, after a random wait", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.1);
  const only = fakeProvider("only", [[SERVER], answer("here")]);

  const reply = chat(createChain([only]), QUESTION);

  expect(await reply.text()).toBe("here");
  expect(reply.route.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "answered"]);
});

test("what one service refuses another takes: the chain asks everybody, and tells each one's words", async () => {
  const refusal = (words: string) => [new ChatError("bad-request", words, { status: 400 })];
  const first = fakeProvider("first", [refusal("no seed here")]);
  const second = fakeProvider("second", [refusal("no penalty here")]);
  const third = fakeProvider("third", [answer("here")]);

  expect((await chat(createChain([first, second, third]), QUESTION).result()).text).toBe("here");
  const error = await chat(createChain([first, second]), QUESTION)
    .text()
    .catch((reason: unknown) => reason);

  expect(error).toBeInstanceOf(ChainExhaustedError);
  expect(error).toMatchObject({ code: "bad-request" });
  expect((error as ChainExhaustedError).message).toMatch(/no seed here[\s\S]*no penalty here/);
});

test("after a request that was too long a larger window or an unknown one is tried, and never a smaller", async () => {
  const long = new ChatError("context-length", "is too long");
  const sized = (id: string, contextWindow: number | undefined, turn: Turn = answer("here")) =>
    fakeProvider(id, [turn], { models: [{ id: "m", contextWindow }] });
  const chain = createChain([
    sized("unknown", undefined, [long]),
    sized("first", 4_000, [long]),
    sized("smaller", 2_000),
    sized("same", 4_000),
    sized("silent", undefined, [long]),
    sized("larger", 8_000),
  ]);

  const { route } = await chat(chain, QUESTION).result();

  expect(route.attempts.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ["unknown", "failed"],
    ["first", "failed"],
    ["smaller", "skipped"],
    ["same", "skipped"],
    ["silent", "failed"],
    ["larger", "answered"],
  ]);
  expect(route.attempts[2]?.reason).toContain("2000");
});

test("a window that a server listed counts like one that its card declares", async () => {
  const listing = (id: string, contextWindow: number, turn: Turn): ChatProvider => ({
    ...fakeProvider(id, [turn], { models: [] }),
    listModels: async () => [{ id: "m", contextWindow }],
  });
  const large = listing("large", 4_000, [new ChatError("context-length", "is too long")]);
  const registry = createRegistry({
    providers: [large, listing("small", 2_000, answer("never")), listing("huge", 8_000, answer("here"))],
    aliases: { all: ["large/m", "small/m", "huge/m"] },
  });
  await registry.listModels();

  const { route } = await registry.chat({ ...QUESTION, model: "all" }).result();

  expect(route.attempts.map(({ outcome }) => outcome)).toEqual(["failed", "skipped", "answered"]);
});

test("three protocol failures in a row say that the adapter is outdated", async () => {
  const first = fakeProvider("first", [[new ChatError("protocol", "has no nonce")]]);
  const chain = createChain([first, fakeProvider("second", [answer("here")])]);
  const reasons: (string | undefined)[] = [];

  for (let call = 0; call < 4; call++) {
    const { route } = await chat(chain, QUESTION).result();
    reasons.push(route.attempts[0]?.reason);
  }

  expect(reasons.slice(0, 3)).toEqual([undefined, undefined, "adapter outdated"]);
  expect(reasons[3]).toMatch(/^adapter outdated, cooling since .+Z until .+Z, ended by /);
});

test("what all calls of a chain share is its health alone", async () => {
  const slow = fakeProvider("slow", [[SERVER], answer("second call")]);
  const chain = createChain([slow, fakeProvider("other", [answer("other")])]);

  const texts = await Promise.all([chat(chain, QUESTION).text(), chat(chain, QUESTION).text()]);

  expect(texts.toSorted()).toEqual(["other", "second call"]);
});

test("an observer hears of every attempt as it ends, and may throw", async () => {
  const heard: string[] = [];
  const onAttempt: ChainOptions["onAttempt"] = ({ provider, outcome }) => {
    heard.push(`${provider} ${outcome}`);
    throw new Error("not your business");
  };
  const retired = fakeProvider("gone", [], { status: { state: "retired", checked: "2024-01-30" } });
  const chain = createChain(
    [retired, fakeProvider("first", [[SERVER]]), fakeProvider("second", [answer("here")])],
    { onAttempt },
  );

  expect(await chat(chain, QUESTION).text()).toBe("here");

  expect(heard).toEqual(["gone skipped", "first failed", "second answered"]);
});

test.each([
  [
    "throws at once",
    () => {
      throw new Error("boom");
    },
  ],
  ["gives nothing", () => undefined],
  [
    "rejects with a string",
    () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject("boom") }) }),
  ],
])("a plugin that %s broke the contract, and the next is asked", async (_, stream) => {
  const broken = { ...fakeProvider("broken", []), stream } as unknown as ChatProvider;

  const { text, route } = await chat(
    createChain([broken, fakeProvider("second", [answer("here")])]),
    QUESTION,
  ).result();

  expect(text).toBe("here");
  expect(route.attempts[0]).toMatchObject({ provider: "broken", outcome: "failed", code: "contract" });
});

test("a model that a candidate does not have is its failure, not the chain's", async () => {
  const first = fakeProvider("first", [answer("never")]);

  const { text, route } = await chat(
    createChain([{ provider: first, model: "unheard-of" }, fakeProvider("second", [answer("here")])]),
    QUESTION,
  ).result();

  expect(text).toBe("here");
  expect(route.attempts[0]).toMatchObject({ provider: "first", code: "not-found" });
});

test("a store that fails takes no answer away", async () => {
  const health = createMemoryHealth();
  const broken = {
    ...health,
    succeed: () => Promise.reject(new Error("down")),
    fail: () => {
      throw new Error("down");
    },
  };
  const chain = createChain([fakeProvider("first", [[SERVER]]), fakeProvider("second", [answer("here")])], {
    health: broken,
  });

  expect(await chat(chain, QUESTION).text()).toBe("here");
});

test("an answer of reasoning alone is one where the chain says so", async () => {
  const thinking = fakeProvider("only", [[{ type: "reasoning-delta", delta: "hm" }, ...answer()]]);

  const strict = chat(createChain([thinking]), QUESTION).result();
  const lenient = chat(createChain([thinking], { reasoningOnly: true }), QUESTION).result();

  await expect(strict).rejects.toMatchObject({ code: "empty" });
  await expect(lenient).resolves.toMatchObject({ reasoning: "hm", text: "" });
});

test("an answer with nothing in it is one where the chain says so, and leaves no mark", async () => {
  const silent = () => fakeProvider("only", [answer()]);
  const chain = createChain([silent()], { emptyAnswer: "allow" });

  await expect(chat(createChain([silent()]), QUESTION).result()).rejects.toMatchObject({ code: "empty" });
  await expect(chat(chain, QUESTION).result()).resolves.toMatchObject({ text: "", finishReason: "stop" });
});

test("a part may be asked for before the last one has come", async () => {
  const parts = createChain([fakeProvider("only", [answer("he", "re")])])
    .stream(QUESTION)
    [Symbol.asyncIterator]();

  const [first, second] = await Promise.all([parts.next(), parts.next()]);

  expect([first.value, second.value]).toEqual(content("he", "re"));
});

test("after its failure the stream is over", async () => {
  const parts = createChain([
    fakeProvider("only", [[new ChatError("bad-request", "POST /chat answered 400", { status: 400 })]]),
  ])
    .stream(QUESTION)
    [Symbol.asyncIterator]();

  await failure(parts.next());

  expect(await parts.next()).toEqual({ done: true, value: undefined });
});

test("the stream of a chain does not show the prompt to whoever logs it", async () => {
  const prompt = "a prompt that nobody may log";
  const chain = createChain([fakeProvider("first", [answer("Hello")])]);
  const stream = chain.stream({ messages: [{ role: "user", content: prompt }] })[Symbol.asyncIterator]();
  await stream.next();

  expect(inspect(stream, { depth: 9 })).not.toContain(prompt);
});

test("what a candidate changes in its request changes nothing for the next or for the caller", async () => {
  const createRequest = () => ({
    messages: [
      {
        role: "user" as const,
        content: [
          { type: "text" as const, text: "what is this?" },
          { type: "image" as const, data: "aGk=" },
        ],
      },
    ],
    extraFields: { a: { b: 1 } },
  });
  const request = createRequest();
  const seen: unknown[] = [];
  const meddler = (id: string): ChatProvider => ({
    ...fakeProvider(id, []),
    stream({ messages, extraFields }) {
      seen.push(structuredClone({ messages, extraFields }));
      Object.assign(messages[0]?.content?.[1] as object, { data: "converted in place" });
      messages.push({ role: "user", content: "more" });
      Object.assign(extraFields?.["a"] as object, { b: 2 });
      throw new ChatError("auth", "no");
    },
  });

  await expect(chat(createChain(["one", "two", "three"].map(meddler)), request).text()).rejects.toThrow();

  expect(seen).toEqual([createRequest(), createRequest(), createRequest()]);
  expect(request).toEqual(createRequest());
});

test("a call asks what its request held when it was made", async () => {
  const provider = fakeProvider("one", [[new ChatError("server", "once")], answer("a")]);
  const request = { messages: [{ role: "user" as const, content: "first" }] };
  const reply = chat(createChain([provider]), request);
  request.messages.push({ role: "user", content: "second" });
  (request.messages[0] as { content: string }).content = "changed";

  await reply.text();

  expect(provider.requests.map(({ messages }) => messages)).toEqual([
    [{ role: "user", content: "first" }],
    [{ role: "user", content: "first" }],
  ]);
});

test("a request is read once, however many candidates are asked", async () => {
  let read = 0;
  const request = {
    get messages() {
      read++;
      return [{ role: "user" as const, content: "q" }];
    },
  };
  const failing = [new ChatError("auth", "no")];

  await chat(
    createChain([fakeProvider("one", [failing]), fakeProvider("two", [answer("a")])]),
    request,
  ).text();

  expect(read).toBe(1);
});

test.each([
  ["a candidate", ["one", "two"], undefined],
  ["a member of a chain inside", ["one", "inner-1", "inner-2"], undefined],
  ["nobody", ["nobody", "one"], 'the `providerOptions` of "nobody" are for no provider of this call'],
])("options for %s warn only where they are for no provider of the call", async (_, ids, warning) => {
  const inner = createChain([fakeProvider("inner-1", [answer("a")]), fakeProvider("inner-2", [answer("a")])]);
  const first = fakeProvider("one", [[new ChatError("auth", "no")]]);
  const providerOptions = Object.fromEntries(ids.map((id) => [id, { option: 1 }]));
  for (const last of [
    inner,
    { ...inner, stream: wrapProvider(inner, { stream: (next) => next() }).stream },
  ]) {
    const chain = createChain([first, last, fakeProvider("two", [answer("a")])]);

    const { warnings } = await chat(chain, { ...QUESTION, providerOptions }).result();

    expect(warnings.map(({ message }) => message)).toEqual(
      warning === undefined ? [] : [expect.stringContaining(warning)],
    );
  }
});
