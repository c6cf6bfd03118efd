import { ChatError, type ChatMessage, type StreamPart } from "@fallthrough/core";
import { createRegistry } from "@fallthrough/registry";
import * as mocks from "ai/test";
import { describe, expect, test } from "vitest";
import { type AISDKModel, createFallthrough, fromAISDK } from "../../src/index.ts";
import { collect, MAJORS, memoryProvider, reasonOf, registryOf, until } from "../case.ts";

type MockModel = AISDKModel & { readonly doStreamCalls: readonly Record<string, unknown>[] };

/** A mock of the AI SDK itself that streams these parts, under the rules of one version of the specification. */
interface Mock {
  readonly version: string;
  create(parts: readonly object[], fields?: object): MockModel;
  /** The end of an answer. */
  finish(reason?: string): object;
}

const { MockLanguageModelV3, convertArrayToReadableStream } = mocks;

const USAGE = {
  inputTokens: { total: 10, noCache: 6, cacheRead: 4, cacheWrite: undefined },
  outputTokens: { total: 6, text: 4, reasoning: 2 },
};
const streamOf = (parts: readonly object[]) => async () =>
  ({
    stream: convertArrayToReadableStream(parts as never[]),
    response: { headers: { "x-request-id": "r1", "set-cookie": "secret" } },
  }) as never;
const ended = (unified = "stop"): object => ({
  type: "finish",
  finishReason: { unified, raw: `raw-${unified}` },
  usage: USAGE,
});

const MOCKS: readonly Mock[] = [
  {
    version: "v2",
    // version 6 of the SDK has no mock of that version any more; only its usage, finish and warnings differ
    create: (parts, fields) => {
      const model = new MockLanguageModelV3({ doStream: streamOf(parts), ...fields } as never);
      return Object.assign(model, { specificationVersion: "v2" }) as unknown as MockModel;
    },
    finish: (reason = "stop") => ({
      type: "finish",
      finishReason: reason,
      usage: { inputTokens: 10, outputTokens: 6, totalTokens: 16, cachedInputTokens: 4, reasoningTokens: 2 },
    }),
  },
  {
    version: "v3",
    create: (parts, fields) =>
      new MockLanguageModelV3({ doStream: streamOf(parts), ...fields } as never) as unknown as MockModel,
    finish: ended,
  },
  ...(MAJORS.length < 2
    ? []
    : [
        {
          version: "v4",
          create: (parts: readonly object[], fields?: object): MockModel => {
            const { MockLanguageModelV4 } = seven as { MockLanguageModelV4: new (of: object) => MockModel };
            return new MockLanguageModelV4({ doStream: streamOf(parts), ...fields });
          },
          finish: ended,
        },
      ]),
];
const seven: unknown = MAJORS.length < 2 ? undefined : await import("ai7/test");

const text = (...deltas: readonly string[]): object[] => [
  { type: "text-start", id: "t" },
  ...deltas.map((delta) => ({ type: "text-delta", id: "t", delta })),
  { type: "text-end", id: "t" },
];
const QUESTION: ChatMessage = { role: "user", content: "hi" };

describe.each(MOCKS)("a model of $version", ({ version, create, finish }) => {
  test("answers in a chain with all that it gives", async () => {
    const model = create([
      {
        type: "stream-start",
        warnings: [
          { type: "unsupported", feature: "seed", details: "no seed" },
          { type: "other", message: "be careful" },
        ],
      },
      { type: "response-metadata", id: "r1", modelId: "model-2026", timestamp: new Date() },
      { type: "reasoning-start", id: "r" },
      { type: "reasoning-delta", id: "r", delta: "let me see" },
      { type: "reasoning-end", id: "r", providerMetadata: { vendor: { signature: "s1" } } },
      ...text("hel", "lo"),
      { type: "source", sourceType: "url", id: "s", url: "https://a.example/", title: "A" },
      { type: "tool-input-start", id: "a", toolName: "look" },
      { type: "tool-input-delta", id: "a", delta: '{"at":1}' },
      { type: "tool-input-end", id: "a" },
      {
        type: "tool-call",
        toolCallId: "a",
        toolName: "look",
        input: '{"at":1}',
        providerMetadata: { vendor: { item: "i1" } },
      },
      { type: "unheard-of", what: "a part of a later version" },
      finish("tool-calls"),
    ]);
    const reply = registryOf(fromAISDK(model, { id: "vendor" })).chat({ messages: [QUESTION] });

    const parts = await collect(reply);
    const result = await reply.result();

    expect(parts.map(({ type }) => type)).toEqual([
      "warning",
      "warning",
      "reasoning-delta",
      "reasoning-delta",
      "text-delta",
      "text-delta",
      "source",
      "tool-call-delta",
      "tool-call",
      "finish",
    ]);
    expect(result).toMatchObject({
      text: "hello",
      reasoning: "let me see",
      finishReason: "tool-calls",
      model: "model-2026",
      response: { id: "r1", headers: { "x-request-id": "r1" } },
      usage: { inputTokens: 10, outputTokens: 6, totalTokens: 16, cachedInputTokens: 4, reasoningTokens: 2 },
      sources: [{ url: "https://a.example/", title: "A" }],
      warnings: [
        { code: "unsupported", message: expect.stringContaining("no seed") },
        { code: "other", message: expect.stringContaining("be careful") },
      ],
      message: {
        reasoning: [{ text: "let me see", providerData: { vendor: { vendor: { signature: "s1" } } } }],
        toolCalls: [
          {
            id: "a",
            name: "look",
            arguments: '{"at":1}',
            providerData: { vendor: { vendor: { item: "i1" } } },
          },
        ],
      },
    });
    expect(result.response?.headers).not.toHaveProperty("set-cookie");
  });

  test("gets a conversation back as it wrote it, in its own order", async () => {
    const answer = [
      ...text("first "),
      { type: "reasoning-start", id: "r", providerMetadata: { vendor: { item: "r1" } } },
      { type: "reasoning-end", id: "r" },
      { type: "text-start", id: "u" },
      { type: "text-delta", id: "u", delta: "second" },
      { type: "text-end", id: "u", providerMetadata: { vendor: { item: "t2" } } },
      { type: "tool-call", toolCallId: "a", toolName: "look", input: '{"at":1}' },
      finish("tool-calls"),
    ];
    const model = create(answer);
    const registry = registryOf(fromAISDK(model, { id: "one" }));
    const { message } = await registry.chat({ messages: [QUESTION] }).result();

    await registry
      .chat({
        messages: [
          { role: "system", content: "Be short." },
          QUESTION,
          message,
          { role: "tool", toolCallId: "a", content: "seen" },
          { role: "tool", toolCallId: "a", content: "no", isError: true },
        ],
        providerOptions: { one: { own: true } },
      })
      .text();

    expect(model.doStreamCalls[1]).toMatchObject({ providerOptions: { "mock-provider": { own: true } } });
    expect(model.doStreamCalls[1]?.["prompt"]).toEqual([
      { role: "system", content: "Be short." },
      { role: "user", content: [{ type: "text", text: "hi" }] },
      {
        role: "assistant",
        content: [
          { type: "text", text: "first " },
          { type: "reasoning", text: "", providerOptions: { vendor: { item: "r1" } } },
          { type: "text", text: "second", providerOptions: { vendor: { item: "t2" } } },
          { type: "tool-call", toolCallId: "a", toolName: "look", input: { at: 1 } },
        ],
      },
      {
        role: "tool",
        content: [
          { type: "tool-result", toolCallId: "a", toolName: "look", output: { type: "text", value: "seen" } },
          {
            type: "tool-result",
            toolCallId: "a",
            toolName: "look",
            output: { type: "error-text", value: "no" },
          },
        ],
      },
    ]);
  });

  test("is given images, files, tools and wishes in its own shape", async () => {
    const model = create([...text("ok"), finish()], {
      supportedUrls: { "image/*": [/^https:\/\/a\.example\//] },
    });
    const url = new URL("https://a.example/b.png");

    const { warnings } = await registryOf(fromAISDK(model, { id: "one" }))
      .chat({
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "these" },
              { type: "image", data: url },
              { type: "file", data: "JVBERi0=", name: "a.pdf" },
            ],
          },
          { role: "assistant", toolCalls: [{ id: "a", name: "look", arguments: "" }] },
          { role: "tool", toolCallId: "a", content: [{ type: "image", data: "iVBORw0=" }] },
        ],
        temperature: 0.5,
        stopSequences: ["END"],
        reasoningEffort: "low",
        parallelToolCalls: false,
        tools: [{ name: "look", parameters: { type: "object" }, strict: true }],
        toolChoice: { name: "look" },
        responseFormat: { type: "json", schema: { type: "object" }, name: "thing" },
      })
      .result();

    const tagged = version === "v4";
    const call = model.doStreamCalls[0] as { prompt: { content: unknown[] }[] };
    expect(call).toMatchObject({
      temperature: 0.5,
      stopSequences: ["END"],
      tools: [{ type: "function", name: "look", inputSchema: { type: "object" }, strict: true }],
      toolChoice: { type: "tool", toolName: "look" },
      responseFormat: { type: "json", schema: { type: "object" }, name: "thing" },
      ...(tagged ? { reasoning: "low" } : {}),
    });
    expect(call.prompt[0]?.content.slice(1)).toEqual([
      { type: "file", mediaType: "image/*", data: tagged ? { type: "url", url } : url },
      {
        type: "file",
        mediaType: "application/pdf",
        filename: "a.pdf",
        data: tagged ? { type: "data", data: "JVBERi0=" } : "JVBERi0=",
      },
    ]);
    expect(call.prompt[2]?.content).toMatchObject([
      {
        toolName: "look",
        output: {
          type: "content",
          value: [
            {
              v2: { type: "media", data: "iVBORw0=", mediaType: "image/png" },
              v3: { type: "image-data", data: "iVBORw0=", mediaType: "image/png" },
              v4: { type: "file", data: { type: "data", data: "iVBORw0=" }, mediaType: "image/png" },
            }[version],
          ],
        },
      },
    ]);
    expect(warnings.map(({ message }) => /`(\w+)`/.exec(message)?.[1])).toEqual(
      tagged ? ["parallelToolCalls"] : ["reasoningEffort", "parallelToolCalls"],
    );
  });

  test("that cannot fetch an address is no candidate for it", async () => {
    const model = create([...text("ok"), finish()]);
    const content = [{ type: "image", data: new URL("https://b.example/b.png") }] as const;
    const failure = await reasonOf(
      registryOf(fromAISDK(model))
        .chat({ messages: [{ role: "user", content: [...content] }] })
        .text(),
    );

    expect(failure).toMatchObject({ errors: [{ code: "unsupported", need: "images" }] });
    expect(model.doStreamCalls).toHaveLength(0);
  });

  test.each([
    ["error", "server"],
    ["interrupted", "interrupted"],
  ])("that ends with the reason %s has not answered", async (reason, code) => {
    const model = create([...text("begun"), finish(reason)]);

    const failure = await reasonOf(
      registryOf(fromAISDK(model))
        .chat({ messages: [QUESTION] })
        .text(),
    );

    expect(failure).toMatchObject({ code, phase: "committed", partial: { text: "begun" } });
  });

  test("whose stream has no end, or an error, fails before the content for the next to answer", async () => {
    for (const [parts, code] of [
      [[], "interrupted"],
      [[{ type: "error", error: new Error("no luck") }], "server"],
      [[{ type: "error", error: { type: "overloaded_error", message: "busy" } }], "server"],
      [[{ type: "error", error: "words alone" }], "server"],
      [[{ type: "error", error: { code: "context_length_exceeded", message: "long" } }], "context-length"],
    ] as const) {
      const next = memoryProvider("next", [
        { type: "text-delta", delta: "hello" },
        { type: "finish", finishReason: "stop" },
      ]);
      const reply = registryOf(fromAISDK(create(parts)), next).chat({ messages: [QUESTION] });

      expect(await reply.text()).toBe("hello");
      expect(reply.route.attempts[0]).toMatchObject({ outcome: "failed", code });
    }
  });
});

test("a call that a vendor runs itself is no call of ours, and a file is a warning", async () => {
  const model = new MockLanguageModelV3({
    doStream: streamOf([
      { type: "tool-input-start", id: "a", toolName: "search", providerExecuted: true },
      { type: "tool-input-delta", id: "a", delta: "{}" },
      { type: "tool-call", toolCallId: "a", toolName: "search", input: "{}", providerExecuted: true },
      { type: "tool-result", toolCallId: "a", toolName: "search", result: {} },
      { type: "file", mediaType: "image/png", data: "AA==" },
      ...text("found"),
      ended(),
    ]),
  });

  const result = await registryOf(fromAISDK(model))
    .chat({ messages: [QUESTION] })
    .result();

  expect(result.toolCalls).toEqual([]);
  expect(result.warnings).toMatchObject([{ message: expect.stringContaining("file") }]);
  expect(result.message).toMatchObject({ content: "found" });
});

test("the retries of a wrapped model end in the failure of the last", async () => {
  const sdk = await import("ai");
  const limit = new sdk.APICallError({
    message: "limited",
    url: "https://a.example/",
    requestBodyValues: {},
    statusCode: 429,
    responseHeaders: { "Retry-After": "7" },
    responseBody: '{"error":{"code":"insufficient_quota","message":"no credit"}}',
  });
  const retried = new sdk.RetryError({ message: "gave up", reason: "maxRetriesExceeded", errors: [limit] });
  const expected = { code: "payment", scope: "key", status: 429, retryAfterMs: 7000 };

  for (const thrown of [limit, retried]) {
    const model = new MockLanguageModelV3({
      doStream: async () => {
        throw thrown;
      },
    });
    const failure = await reasonOf(
      registryOf(fromAISDK(model))
        .chat({ messages: [QUESTION] })
        .text(),
    );
    expect(failure).toMatchObject({ errors: [expected] });
  }
});

test("a model that looks at no signal is left all the same, before and after it answers", async () => {
  let cancelled = 0;
  const stream = () => new ReadableStream({ cancel: () => void cancelled++ });
  for (const late of [false, true]) {
    let open: (() => void) | undefined;
    const model = new MockLanguageModelV3({
      doStream: () =>
        new Promise((resolve) => {
          open = () => resolve({ stream: stream() } as never);
          if (!late) open();
        }),
    });
    const controller = new AbortController();
    const reason = reasonOf(
      registryOf(fromAISDK(model))
        .chat({ messages: [QUESTION], signal: controller.signal })
        .text(),
    );
    await until(() => open !== undefined);
    controller.abort(new Error("mine"));
    expect(await reason).toMatchObject({ message: "mine" });
    open?.();
    await until(() => cancelled === (late ? 2 : 1));
  }
});

test("a chain of ours that goes through the AI SDK and back keeps what its provider wrote", async () => {
  const parts: readonly StreamPart[] = [
    { type: "reasoning-delta", delta: "hm", providerData: { inner: { signature: "s1" } } },
    { type: "tool-call", id: "a", name: "look", arguments: "{}", providerData: { inner: { call: "c1" } } },
    { type: "finish", finishReason: "tool-calls", providerData: { inner: { layout: [1] } } },
  ];
  const inner = memoryProvider("inner", parts);
  const outer = registryOf(fromAISDK(createFallthrough(registryOf(inner))("auto"), { id: "outer" }));

  const { message } = await outer.chat({ messages: [QUESTION] }).result();
  await outer
    .chat({ messages: [QUESTION, message, { role: "tool", toolCallId: "a", content: "seen" }] })
    .result();

  expect(inner.requests[1]?.messages[1]).toMatchObject({
    reasoning: [{ text: "hm", providerData: { inner: { signature: "s1" } } }],
    toolCalls: [{ id: "a", providerData: { inner: { call: "c1" } } }],
    providerData: { inner: { layout: [1] } },
  });
});

test("a card says what the model does not tell", () => {
  const model = new MockLanguageModelV3({ provider: "Some.Vendor_1.chat", modelId: "m-1" });

  expect(fromAISDK(model)).toMatchObject({
    id: "some",
    name: "Some.Vendor_1.chat, through the AI SDK",
    models: [{ id: "m-1" }],
  });
  expect(
    fromAISDK(model, { id: "mine", models: [{ id: "m-1", aliases: ["fast"], contextWindow: 1000 }] }),
  ).toMatchObject({ id: "mine", models: [{ aliases: ["fast"], contextWindow: 1000 }] });
});

test.each([
  ["a name", "gpt-5", "config"],
  ["nothing", undefined, "config"],
  [
    "an older version",
    { specificationVersion: "v1", provider: "a", modelId: "b", doStream: () => {} },
    "config",
  ],
  [
    "a model of images",
    { specificationVersion: "v3", provider: "a", modelId: "b", doGenerate: () => {} },
    "config",
  ],
])("%s is no model", (_, model, code) => {
  expect(() => fromAISDK(model as never)).toThrow(expect.objectContaining({ code }));
  expect(() => fromAISDK(new MockLanguageModelV3(), { id: "Not An Id" })).toThrow(ChatError);
});

test("two models of one vendor stand in a registry by two ids", async () => {
  const create = (modelId: string) =>
    new MockLanguageModelV3({
      provider: "vendor.chat",
      modelId,
      doStream: streamOf([...text(modelId), ended()]),
    });
  const registry = createRegistry({
    providers: [fromAISDK(create("a")), fromAISDK(create("b"), { id: "vendor-b" })],
    aliases: { second: "vendor-b/b" },
  });

  expect(await registry.chat({ model: "second", messages: [QUESTION] }).text()).toBe("b");
  expect(await registry.chat({ model: "vendor/a", messages: [QUESTION] }).text()).toBe("a");
});
