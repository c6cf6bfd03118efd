import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ChatRequest } from "../../src/contract/contract.ts";
import { parseChainRequest, parseRequest } from "../../src/contract/parse-request.ts";
import { ChatError } from "../../src/errors/chat-error.ts";

const messages = [{ role: "user", content: "Hello" }];

/** Everything that a request can hold. */
const FULL = {
  messages: [
    { role: "system", content: "Be brief.", extraFields: { cache: true } },
    {
      role: "user",
      name: "ada",
      content: [
        { type: "text", text: "What is this?", providerData: { toy: { mark: 1 } } },
        { type: "image", data: Uint8Array.of(1, 2), mediaType: "image/png" },
        { type: "image", data: new URL("https://images.example/a.png"), extraFields: { detail: "low" } },
        { type: "file", data: "aGk=", mediaType: "text/plain", name: "hi.txt" },
      ],
    },
    {
      role: "assistant",
      content: null,
      reasoning: [{ text: "Hm.", providerData: { toy: { signature: "s" } } }],
      toolCalls: [
        { id: "call-1", name: "look", arguments: "{}", providerData: { toy: { more: [1, null] } } },
      ],
      providerData: { toy: { state: "x" } },
    },
    { role: "tool", toolCallId: "call-1", toolName: "look", content: "a cat", isError: false },
  ],
  model: "toy-1",
  maxOutputTokens: 10,
  temperature: 0,
  topP: 1,
  topK: 40,
  presencePenalty: -1,
  frequencyPenalty: 1,
  seed: -7,
  stopSequences: ["END"],
  reasoningEffort: "low",
  tools: [{ name: "look", description: "Looks.", parameters: { type: "object" }, strict: true }],
  toolChoice: { name: "look" },
  parallelToolCalls: false,
  responseFormat: { type: "json", schema: {}, name: "cat", description: "A cat.", strict: false },
  providerOptions: { toy: { deep: { list: [1, "two", null, true] } } },
  extraFields: { top_a: 0.5 },
  timeouts: { connectMs: 1, firstChunkMs: 2, chunkMs: 3, totalMs: 4 },
  signal: new AbortController().signal,
} satisfies ChatRequest;

/** What the error of this request says, after its code. */
function problemOf(request: unknown): string {
  try {
    parseRequest(request);
  } catch (error) {
    if (error instanceof ChatError) return error.code === "bad-request" ? error.message : error.code;
    return `no ChatError: ${error}`;
  }
  return "none";
}

test("a request with everything comes out as it went in", () => {
  const parsed = parseRequest(FULL);

  expect(parsed).toEqual(FULL);
  expect(parsed.signal).toBe(FULL.signal);
});

test("nothing of the request is the caller's own but the bytes and the signal", () => {
  const parsed = parseRequest(FULL);
  const shared: string[] = [];
  const look = (mine: unknown, theirs: unknown, path: string): void => {
    if (typeof mine !== "object" || mine === null) return;
    if (mine === theirs) shared.push(path);
    else
      for (const key of Object.keys(mine))
        look(Reflect.get(mine, key), Reflect.get(theirs as object, key), `${path}.${key}`);
  };
  look(parsed, FULL, "");

  expect(shared).toEqual([".messages.1.content.1.data", ".signal"]);
});

test("a frozen request is taken", () => {
  const frozen = Object.freeze({
    messages: Object.freeze([Object.freeze({ role: "user", content: "Hello" })]),
  });

  expect(parseRequest(frozen)).toEqual({ messages });
});

test("a field that is undefined is absent, also where nobody knows it", () => {
  expect(parseRequest({ messages, model: undefined, other: undefined })).toEqual({ messages });
});

test("a request of another realm is read by its shape", () => {
  const foreign = runInNewContext(`({
    messages: [{ role: "user", content: [{ type: "image", data: new Uint8Array([1]) }] }],
    providerOptions: { toy: { a: 1 } },
  })`);

  expect(parseRequest(foreign).messages[0]?.content).toHaveLength(1);
});

test("each property is read once, so that it cannot change after it was checked", () => {
  let reads = 0;
  const message = {
    role: "user",
    get content() {
      reads += 1;
      return reads === 1 ? "Hello" : 5;
    },
  };

  expect(parseRequest({ messages: [message] })).toEqual({ messages });
  expect(reads).toBe(1);
});

test("a key that would change the prototype is data", () => {
  const extraFields = JSON.parse('{"__proto__":{"polluted":true}}');
  const parsed = parseRequest({ messages, extraFields });

  expect(Object.keys(parsed.extraFields ?? {})).toEqual(["__proto__"]);
  expect(Reflect.get(parsed.extraFields ?? {}, "polluted")).toBeUndefined();
});

test.each([
  ["no request", undefined, "request is missing, expected an object"],
  ["a text as request", "Hello", "request is a text"],
  ["a list as request", messages, "request is a list"],
  ["no messages", { model: "m" }, "`messages` is missing, expected a list of messages"],
  ["messages of text", { messages: "Hello" }, "`messages` is a text"],
  ["an empty list", { messages: [] }, "`messages` is an empty list, expected at least one message"],
  [
    "a hole in a list",
    { messages: Object.assign([], { 0: messages[0], 2: messages[0] }) },
    "`messages[1]` is missing",
  ],
  ["a message of text", { messages: ["Hello"] }, "`messages[0]` is a text"],
  ["no role", { messages: [{ content: "Hello" }] }, "`messages[0].role` is missing, expected system, user"],
  ["a content of null", { messages: [{ role: "user", content: null }] }, "`messages[0].content` is null"],
  [
    "a system prompt in parts",
    { messages: [{ role: "system", content: [] }] },
    "content` is an empty list, expected a text",
  ],
  [
    "no id of a tool's call",
    { messages: [{ role: "tool", content: "" }] },
    "`messages[0].toolCallId` is missing",
  ],
  [
    "a field of another role",
    { messages: [{ ...messages[0], toolCallId: "a" }] },
    "`messages[0].toolCallId` is unknown",
  ],
  ["a number of text", { messages, temperature: "0.5" }, "`temperature` is a text, expected a number"],
  ["no number", { messages, topP: Number.NaN }, "`topP` is NaN"],
  ["half a token", { messages, maxOutputTokens: 0.5 }, "`maxOutputTokens` is the number 0.5"],
  ["an empty model", { messages, model: "" }, "`model` is an empty text"],
  ["a bigint", { messages, seed: 1n }, "`seed` is a bigint"],
  ["a symbol", { messages, model: Symbol("m") }, "`model` is a symbol"],
  [
    "a function in options",
    { messages, providerOptions: { toy: { a: [() => 1] } } },
    "`providerOptions.toy.a[0]` is a function",
  ],
  ["a date in JSON", { messages, extraFields: { at: new Date(0) } }, "`extraFields.at` is a Date"],
  [
    "a negative timer",
    { messages, timeouts: { totalMs: -1 } },
    "`timeouts.totalMs` is the number -1, expected milliseconds",
  ],
  [
    "a timer of text",
    { messages, timeouts: { totalMs: "30s" } },
    "`timeouts.totalMs` is a text, expected milliseconds",
  ],
  [
    "a mistyped timer",
    { messages, timeouts: { firstChunk: 1 } },
    "`timeouts.firstChunk` is unknown, expected `firstChunkMs`",
  ],
  ["a timer of chains", { messages, timeouts: { commitMs: 1 } }, "with a chain or a registry only"],
  [
    "no signal",
    { messages, signal: new AbortController() },
    "`signal` is a AbortController, expected an AbortSignal",
  ],
  [
    "a Blob",
    { messages: [{ role: "user", content: [{ type: "file", data: new Blob([]) }] }] },
    "await blob.arrayBuffer()",
  ],
  [
    "an address as text",
    { messages: [{ role: "user", content: [{ type: "image", data: "https://a.example" }] }] },
    "new URL",
  ],
  [
    "a data URL",
    { messages: [{ role: "user", content: [{ type: "image", data: "data:image/png;base64,aGk=" }] }] },
    "mediaType",
  ],
  [
    "arguments as an object",
    { messages: [{ role: "assistant", toolCalls: [{ id: "a", name: "b", arguments: {} }] }] },
    "JSON.stringify",
  ],
  [
    "a schema of zod",
    {
      messages,
      tools: [
        {
          name: "a",
          parameters: new (class {
            _def = {};
          })(),
        },
      ],
    },
    "z.toJSONSchema",
  ],
])("%s is told by its field", (_, request, problem) => {
  expect(problemOf(request)).toContain(problem);
});

test.each([
  ["max_tokens", { messages, max_tokens: 5 }, "`maxOutputTokens`"],
  ["maxTokens", { messages, maxTokens: 5 }, "`maxOutputTokens`"],
  ["stop", { messages, stop: ["a"] }, "`stopSequences`"],
  ["snake case", { messages, top_p: 1 }, "`topP`"],
  ["a typing error", { messages, temprature: 1 }, "`temperature`"],
  ["prompt", { prompt: "Hello" }, "`messages: [{ role"],
  ["system", { messages, system: "Be brief." }, 'a first message with the role "system"'],
  ["stream", { messages, stream: true }, "every reply streams"],
  ["an unknown word", { messages, logit_bias: {} }, "`extraFields`"],
  ["developer", { messages: [{ role: "developer", content: "a" }] }, 'is "developer", expected "system"'],
  ["tool_calls", { messages: [{ role: "assistant", tool_calls: [] }] }, "`toolCalls`"],
  ["tool_call_id", { messages: [{ role: "tool", tool_call_id: "a" }] }, "`toolCallId`"],
  ["image_url", { messages: [{ role: "user", content: [{ type: "image_url" }] }] }, 'type: "image"'],
  [
    "tools in OpenAI's shape",
    { messages, tools: [{ type: "function", function: {} }] },
    "in the tool itself",
  ],
  [
    "a call in OpenAI's shape",
    { messages: [{ role: "assistant", toolCalls: [{ id: "a", function: {} }] }] },
    "in the call itself",
  ],
  ["a choice in OpenAI's shape", { messages, toolChoice: { type: "function" } }, "`name` alone"],
  ["json_schema", { messages, responseFormat: { type: "json_schema" } }, '"json" with `schema`'],
])("what another library calls %s is answered with the contract's name", (_, request, cure) => {
  expect(problemOf(request)).toContain(cure);
});

test("`null` as the content of an assistant is taken", () => {
  expect(problemOf({ messages: [{ role: "assistant", content: null }] })).toBe("none");
});

test("an error shows nothing of the conversation, wherever its text stands", () => {
  const secret = "my secret story about a cat";
  const wrong = [
    secret,
    [secret],
    { messages: secret },
    { messages: [secret] },
    { messages: [{ role: secret }] },
    { messages, model: [secret] },
  ];

  for (const request of wrong) expect(problemOf(request)).not.toContain("secret");
});

test.each([
  ["model", (name: string) => ({ messages, model: name })],
  ["tools[0].name", (name: string) => ({ messages, tools: [{ name, parameters: {} }] })],
  [
    "messages[0].toolCallId",
    (name: string) => ({ messages: [{ role: "tool", toolCallId: name, content: "" }] }),
  ],
  ["toolChoice.name", (name: string) => ({ messages, toolChoice: { name } })],
])("`%s` has at most 256 characters", (field, request) => {
  expect(problemOf(request("x".repeat(256)))).toBe("none");
  expect(problemOf(request("x".repeat(257)))).toContain(
    `\`${field}\` has 257 characters, expected at most 256`,
  );
});

test("a cycle is told, and a value that grows without end", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  let growing: unknown = 1;
  for (let level = 0; level < 40; level++) growing = [growing, growing];

  expect(problemOf({ messages, extraFields: cycle })).toContain("has more than 64 levels");
  expect(problemOf({ messages, extraFields: { growing } })).toContain("holds more than 1000000 values");
});

test("what throws while it is read is a bad request", () => {
  const thrower = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new TypeError("mine");
      },
    },
  );
  const getter = {
    get messages() {
      throw new TypeError("mine");
    },
  };
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();

  for (const request of [thrower, getter, { messages: proxy }, { messages: [thrower] }]) {
    expect(problemOf(request)).toMatch(/could not be read, expected plain data|is missing/);
  }
});

test("timers of a chain are those of a call and `commitMs`; no timer is endless or overflows", () => {
  const timeouts = { commitMs: Number.POSITIVE_INFINITY, totalMs: 2 ** 40, chunkMs: 0 };

  expect(parseChainRequest({ messages, timeouts }).timeouts).toEqual({
    commitMs: 0,
    totalMs: 2 ** 31 - 1,
    chunkMs: 0,
  });
});

test("a name of 3 MiB is refused at once", () => {
  const request = { messages, model: "x".repeat(3 * 1024 * 1024) };
  const started = performance.now();
  for (let call = 0; call < 100; call++) problemOf(request);

  expect((performance.now() - started) / 100).toBeLessThan(5);
});
