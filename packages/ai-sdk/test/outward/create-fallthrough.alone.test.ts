import { ChatError, type StreamPart } from "@fallthrough/core";
import { createRegistry } from "@fallthrough/registry";
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createFallthrough } from "../../src/index.ts";
import { answer, collect, MAJORS, memoryProvider, reasonOf, registryOf, text, until } from "../case.ts";

const USAGE = { inputTokens: 10, outputTokens: 6, totalTokens: 16, cachedInputTokens: 4, reasoningTokens: 2 };
const RICH: readonly StreamPart[] = [
  { type: "warning", code: "unsupported", message: "no `seed`" },
  { type: "reasoning-delta", delta: "let me see" },
  ...text("hel", "lo"),
  { type: "source", url: "https://a.example/", title: "A" },
  {
    type: "finish",
    finishReason: "length",
    rawFinishReason: "max_tokens",
    usage: USAGE,
    model: "model-2026",
    response: { id: "r1", headers: { "x-request-id": "r1" } },
  },
];
const DOWN = new ChatError("server", "answered 500", { status: 500 });

afterEach(() => {
  globalThis.AI_SDK_DEFAULT_PROVIDER = undefined;
});

describe.each(MAJORS)("ai %i", (_, sdk) => {
  const { APICallError, generateText, NoSuchModelError, Output, stepCountIs, streamText, tool } = sdk;

  test("a chain answers as one model, and the route tells who it was", async () => {
    const fallthrough = createFallthrough(
      registryOf(memoryProvider("one", [DOWN]), memoryProvider("two", RICH)),
    );

    const result = await generateText({ model: fallthrough("auto"), prompt: "hi" });

    expect(result.text).toBe("hello");
    expect(result.reasoningText).toBe("let me see");
    expect(result.sources).toMatchObject([{ sourceType: "url", url: "https://a.example/", title: "A" }]);
    expect(result.finishReason).toBe("length");
    expect(result.rawFinishReason).toBe("max_tokens");
    expect(result.warnings).toEqual([
      { type: "unsupported", feature: "a wish of the request", details: "no `seed`" },
    ]);
    expect(result.response).toMatchObject({
      id: "r1",
      modelId: "model-2026",
      headers: { "x-request-id": "r1" },
    });
    expect(result.usage).toMatchObject({
      inputTokens: 10,
      outputTokens: 6,
      inputTokenDetails: { noCacheTokens: 6, cacheReadTokens: 4 },
      outputTokenDetails: { textTokens: 4, reasoningTokens: 2 },
    });
    expect(result.providerMetadata?.["fallthrough"]).toMatchObject({
      route: {
        provider: "two",
        model: "model-2026",
        attempts: [
          { provider: "one", outcome: "failed", code: "server", status: 500 },
          { provider: "two", outcome: "answered" },
        ],
      },
    });
  });

  test("a stream tells the same", async () => {
    const fallthrough = createFallthrough(
      registryOf(memoryProvider("one", [DOWN]), memoryProvider("two", RICH)),
    );

    const result = streamText({ model: fallthrough("auto"), prompt: "hi" });
    const deltas = await collect(result.textStream);

    expect(deltas.join("")).toBe("hello");
    expect(await result.reasoningText).toBe("let me see");
    expect(await result.sources).toMatchObject([{ url: "https://a.example/" }]);
    expect(await result.finishReason).toBe("length");
    expect(await result.warnings).toEqual([
      { type: "unsupported", feature: "a wish of the request", details: "no `seed`" },
    ]);
    expect(await result.response).toMatchObject({ id: "r1", modelId: "model-2026" });
    expect(await result.usage).toMatchObject({ inputTokens: 10, outputTokens: 6 });
    expect((await result.providerMetadata)?.["fallthrough"]).toMatchObject({ route: { provider: "two" } });
  });

  test("what was not counted is unknown, and not nothing", async () => {
    const { usage } = await generateText({
      model: createFallthrough(registryOf(memoryProvider("one", answer("hello"))))(),
      prompt: "hi",
    });

    expect(usage.inputTokens).toBeUndefined();
    expect(usage.outputTokens).toBeUndefined();
  });

  test("every option of a call reaches the provider", async () => {
    const one = memoryProvider("one", [
      { type: "tool-call", id: "a", name: "look", arguments: '{"at":"x"}' },
      { type: "finish", finishReason: "tool-calls" },
    ]);

    await generateText({
      model: createFallthrough(registryOf(one))("one"),
      system: "Be short.",
      messages: [
        {
          role: "user",
          content: [
            {
              type: "text",
              text: "What is this?",
              providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } },
            },
            {
              type: "image",
              image: new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10]),
              mediaType: "image/png",
            },
            { type: "file", data: "JVBERi0=", mediaType: "application/pdf", filename: "a.pdf" },
          ],
        },
      ],
      maxOutputTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["END"],
      seed: 7,
      output: Output.json({ name: "thing", description: "a thing" }),
      tools: {
        look: tool({ description: "Looks", inputSchema: z.object({ at: z.string() }), strict: true }),
      },
      toolChoice: { type: "tool", toolName: "look" },
      providerOptions: {
        one: { own: true },
        fallthrough: { reasoningEffort: "low", parallelToolCalls: false, extraFields: { user: "u" } },
      },
    });

    expect(one.requests[0]).toMatchObject({
      model: "model",
      messages: [
        { role: "system", content: "Be short." },
        {
          role: "user",
          content: [
            {
              type: "text",
              text: "What is this?",
              extraFields: { cache_control: { type: "ephemeral" } },
            },
            { type: "image", mediaType: "image/png" },
            { type: "file", data: "JVBERi0=", mediaType: "application/pdf", name: "a.pdf" },
          ],
        },
      ],
      maxOutputTokens: 5,
      temperature: 0.5,
      topP: 0.9,
      topK: 4,
      presencePenalty: 0.1,
      frequencyPenalty: 0.2,
      stopSequences: ["END"],
      seed: 7,
      reasoningEffort: "low",
      parallelToolCalls: false,
      extraFields: { user: "u" },
      tools: [
        {
          name: "look",
          description: "Looks",
          strict: true,
          parameters: { type: "object", required: ["at"] },
        },
      ],
      toolChoice: { name: "look" },
      protocol: "messages",
      responseFormat: { type: "json", name: "thing", description: "a thing" },
      providerOptions: { one: { own: true } },
    });
  });

  test("what has no place in the contract is a warning, and a wrong option of ours an error that names it", async () => {
    const fallthrough = createFallthrough(registryOf(memoryProvider("one", answer("hello"))));
    const warned = await generateText({
      model: fallthrough(),
      prompt: "hi",
      headers: { "x-own": "1" },
      tools: {
        search: { type: "provider", id: "vendor.search", isProviderExecuted: true, args: {} } as never,
      },
    });
    const failure = await reasonOf(
      generateText({
        model: fallthrough(),
        prompt: "hi",
        providerOptions: { fallthrough: { reasoning: "low" } },
      }),
    );

    expect(warned.warnings).toEqual([
      { type: "unsupported", feature: "headers", details: expect.stringContaining("x-own") },
      { type: "unsupported", feature: expect.stringContaining("vendor.search") },
    ]);
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ statusCode: 400, message: expect.stringContaining("reasoning") });
  });

  test("JSON that fits a schema comes as an object, whole and streamed", async () => {
    const one = memoryProvider("one", answer('{"city":', '"Rome"}'));
    const model = createFallthrough(registryOf(one))();
    const output = Output.object({ schema: z.object({ city: z.string() }), name: "place" });

    expect((await generateText({ model, prompt: "where?", output })).output).toEqual({ city: "Rome" });
    const streamed = streamText({ model, prompt: "where?", output });
    expect((await collect(streamed.partialOutputStream)).at(-1)).toEqual({ city: "Rome" });
    if ("generateObject" in sdk) {
      const schema = z.object({ city: z.string() });
      expect((await sdk.generateObject({ model, prompt: "where?", schema })).object).toEqual({
        city: "Rome",
      });
    }
    expect(one.requests[0]?.responseFormat).toMatchObject({
      type: "json",
      name: "place",
      schema: { type: "object", required: ["city"] },
    });
  });

  test("a loop of tools runs through several steps, and brings back what its provider wrote", async () => {
    const turns: readonly (readonly StreamPart[])[] = [
      [
        { type: "reasoning-delta", delta: "first " },
        { type: "reasoning-delta", delta: "thought", providerData: { one: { signature: "s1" } } },
        { type: "reasoning-delta", delta: "", providerData: { one: { redacted: "r1" } } },
        ...text("I look."),
        { type: "tool-call-delta", id: "a", name: "look", delta: '{"at":' },
        { type: "tool-call-delta", id: "a", name: "look", delta: '"x"}' },
        {
          type: "tool-call",
          id: "a",
          name: "look",
          arguments: '{"at":"x"}',
          providerData: { one: { call: "c1" } },
        },
        { type: "tool-call", id: "b", name: "fail", arguments: "{}" },
        { type: "finish", finishReason: "tool-calls", providerData: { one: { layout: [1, 2] } } },
      ],
      [
        { type: "tool-call", id: "c", name: "look", arguments: '{"at":"y"}' },
        { type: "finish", finishReason: "tool-calls", providerData: { one: { layout: [3] } } },
      ],
      [
        ...text("It is done."),
        { type: "finish", finishReason: "stop", providerData: { one: { layout: [4] } } },
      ],
    ];
    const tools = {
      look: tool({ inputSchema: z.object({ at: z.string() }), execute: async ({ at }) => ({ seen: at }) }),
      fail: tool({
        inputSchema: z.object({}),
        execute: async (): Promise<string> => {
          throw new Error("broken");
        },
      }),
    };
    const play = () => {
      const one = memoryProvider("one", () => turns[one.requests.length - 1] ?? answer("again"));
      return { one, model: createFallthrough(registryOf(one))() };
    };

    const whole = play();
    const generated = await generateText({
      model: whole.model,
      prompt: "go",
      tools,
      stopWhen: stepCountIs(5),
    });
    const streaming = play();
    const streamed = streamText({ model: streaming.model, prompt: "go", tools, stopWhen: stepCountIs(5) });

    expect(generated.text).toBe("It is done.");
    expect(await streamed.text).toBe("It is done.");
    expect((await streamed.steps).map(({ finishReason }) => finishReason)).toEqual([
      "tool-calls",
      "tool-calls",
      "stop",
    ]);
    for (const { one } of [whole, streaming]) {
      expect(one.requests[2]?.messages).toEqual([
        { role: "user", content: "go" },
        {
          role: "assistant",
          reasoning: [
            { text: "first thought", providerData: { one: { signature: "s1" } } },
            { text: "", providerData: { one: { redacted: "r1" } } },
          ],
          content: "I look.",
          toolCalls: [
            { id: "a", name: "look", arguments: '{"at":"x"}', providerData: { one: { call: "c1" } } },
            { id: "b", name: "fail", arguments: "{}" },
          ],
          providerData: { one: { layout: [1, 2] } },
        },
        { role: "tool", toolCallId: "a", toolName: "look", content: '{"seen":"x"}' },
        {
          role: "tool",
          toolCallId: "b",
          toolName: "fail",
          content: expect.stringContaining("broken"),
          isError: true,
        },
        {
          role: "assistant",
          content: null,
          toolCalls: [{ id: "c", name: "look", arguments: '{"at":"y"}' }],
          providerData: { one: { layout: [3] } },
        },
        { role: "tool", toolCallId: "c", toolName: "look", content: '{"seen":"y"}' },
      ]);
    }
    const { messages } = await streamed.response;
    await generateText({
      model: streaming.model,
      messages: [{ role: "user", content: "go" }, ...messages, { role: "user", content: "on" }],
    });
    expect(streaming.one.requests[3]?.messages.at(-2)).toEqual({
      role: "assistant",
      content: "It is done.",
      providerData: { one: { layout: [4] } },
    });
  });

  test("a failure of everybody is an error that the SDK knows, and asks nobody twice", async () => {
    const one = memoryProvider("one", [
      new ChatError("rate-limit", "answered 429", { retryAfterMs: 20_000 }),
    ]);
    const registry = registryOf(one);
    const model = createFallthrough(registry)();

    const failure = await reasonOf(generateText({ model, prompt: "secret prompt" }));

    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({
      statusCode: 429,
      isRetryable: false,
      message: expect.stringContaining("one/model: failed, rate-limit"),
      responseHeaders: { "retry-after": "20", "x-should-retry": "false" },
      data: { code: "rate-limit", route: { attempts: [{ provider: "one", outcome: "failed" }] } },
      cause: { name: "ChainExhaustedError" },
    });
    expect(JSON.stringify(failure)).not.toContain("secret prompt");
    expect(one.requests).toHaveLength(1);

    const resting = await reasonOf(
      model.doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "a" }] }] }),
    );
    expect(resting).toMatchObject({ statusCode: 429, isRetryable: true });
    expect(one.requests).toHaveLength(1);
  });

  test("a failure after the content is an error part and a finish", async () => {
    const one = memoryProvider("one", [
      ...text("begun"),
      new ChatError("interrupted", "the connection broke"),
    ]);
    const errors: unknown[] = [];
    const result = streamText({
      model: createFallthrough(registryOf(one))(),
      prompt: "hi",
      onError: ({ error }) => void errors.push(error),
    });

    const parts = await collect(result.fullStream);

    expect(parts.filter(({ type }) => type === "text-delta")).toMatchObject([{ text: "begun" }]);
    expect(parts.find(({ type }) => type === "error")).toMatchObject({ error: { statusCode: 502 } });
    expect(parts.find(({ type }) => type === "finish")).toMatchObject({ finishReason: "error" });
    expect(errors.map((error) => APICallError.isInstance(error))).toEqual([true]);
    expect(one.requests).toHaveLength(1);
  });

  test("an abort ends the call before and after the content", async () => {
    for (const before of [[], text("begun")]) {
      const one = memoryProvider("one", [...before, "silence"]);
      const controller = new AbortController();
      const parts: string[] = [];
      const result = streamText({
        model: createFallthrough(registryOf(one))(),
        prompt: "hi",
        abortSignal: controller.signal,
        onError: () => {},
      });
      const reading = collect(
        (async function* () {
          for await (const { type } of result.fullStream) {
            parts.push(type);
            yield type;
          }
        })(),
      ).catch(() => {});
      await until(() => (before.length === 0 ? one.requests.length === 1 : parts.includes("text-delta")));

      controller.abort();
      await reading;

      expect(parts.at(-1)).toBe("abort");
      expect(one.requests[0]?.signal?.aborted).toBe(true);
    }
  });

  test("a name that stands for nothing, and other kinds of models, are NoSuchModelErrors", async () => {
    const fallthrough = createFallthrough(registryOf(memoryProvider("one", answer("hello"))));

    const failure = await reasonOf(generateText({ model: fallthrough("two/model"), prompt: "hi" }));

    expect(NoSuchModelError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({ modelId: "two/model", modelType: "languageModel" });
    for (const [kind, type] of [
      ["embeddingModel", "embeddingModel"],
      ["textEmbeddingModel", "embeddingModel"],
      ["imageModel", "imageModel"],
    ] as const) {
      const thrown = await reasonOf((async () => fallthrough[kind]("m"))());
      expect(NoSuchModelError.isInstance(thrown)).toBe(true);
      expect(thrown).toMatchObject({ modelId: "m", modelType: type });
    }
  });

  test("a name alone is enough where the registry is the default, and a prefix where it is one of several", async () => {
    const registry = createRegistry({
      providers: [memoryProvider("one", answer("hello"))],
      aliases: { fast: "one/model" },
    });
    const fallthrough = createFallthrough(registry);
    globalThis.AI_SDK_DEFAULT_PROVIDER = fallthrough;

    expect((await generateText({ model: "auto", prompt: "hi" })).text).toBe("hello");
    const several = sdk.createProviderRegistry({ ours: fallthrough });
    expect((await generateText({ model: several.languageModel("ours:fast"), prompt: "hi" })).text).toBe(
      "hello",
    );
    const custom = sdk.customProvider({ fallbackProvider: fallthrough });
    expect((await generateText({ model: custom.languageModel("fast"), prompt: "hi" })).text).toBe("hello");
    expect(fallthrough("fast")).toMatchObject({
      specificationVersion: "v3",
      provider: "fallthrough",
      modelId: "fast",
    });
  });

  test("middleware of the SDK wraps a chain", async () => {
    const one = memoryProvider("one", answer("hello"));
    const model = sdk.wrapLanguageModel({
      model: createFallthrough(registryOf(one))() as never,
      middleware: sdk.defaultSettingsMiddleware({ settings: { temperature: 0.1 } }),
    });

    expect(await streamText({ model, prompt: "hi" }).text).toBe("hello");
    expect(one.requests[0]?.temperature).toBe(0.1);
  });

  test("a chat of a browser goes through a web handler and back, with what its provider wrote", async () => {
    const one = memoryProvider("one", ({ messages }) =>
      messages.length > 1
        ? answer("again")
        : [
            { type: "reasoning-delta", delta: "hm", providerData: { one: { signature: "s1" } } },
            ...text("hel", "lo"),
            { type: "finish", finishReason: "stop", providerData: { one: { layout: [1] } } },
          ],
    );
    const model = createFallthrough(registryOf(one))();
    const handle = async (messages: unknown): Promise<Response> => {
      const result = streamText({ model, messages: await sdk.convertToModelMessages(messages as never) });
      return result.toUIMessageStreamResponse({ sendReasoning: true });
    };
    const question = { id: "q", role: "user", parts: [{ type: "text", text: "hi" }] } as const;

    const transport = new sdk.DefaultChatTransport({
      api: "http://127.0.0.1/chat",
      fetch: async (_input, init) => handle(JSON.parse(String(init?.body)).messages),
    });
    const send = async (messages: readonly unknown[]) => {
      const stream = await transport.sendMessages({
        chatId: "c",
        messageId: undefined,
        trigger: "submit-message",
        messages: messages as never,
        abortSignal: undefined,
      });
      return (await collect(sdk.readUIMessageStream({ stream }))).at(-1);
    };
    const said = await send([question]);
    await send([question, said, { ...question, id: "q2" }]);

    expect(said?.parts.find(({ type }) => type === "text")).toMatchObject({ text: "hello" });
    expect(one.requests[1]?.messages[1]).toEqual({
      role: "assistant",
      content: "hello",
      reasoning: [{ text: "hm", providerData: { one: { signature: "s1" } } }],
      providerData: { one: { layout: [1] } },
    });
  });
});

test.each([undefined, {}, Promise.resolve({})])("%j in place of a registry is a config error", (value) => {
  const message = expect.stringMatching(/^the registry is .+, expected what createRegistry\(\) returns/);

  expect(() => createFallthrough(value as never)).toThrow(
    expect.objectContaining({ code: "config", message }),
  );
});
