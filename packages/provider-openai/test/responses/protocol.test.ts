import {
  type AssistantMessage,
  ChatError,
  type ChatMessage,
  type ChatProvider,
  type ChatRequest,
  chat,
} from "@fallthrough/core";
import { httpJson, type SocketServer, startFaultServer, startServices } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { createOpenAI, type OpenAISettings } from "../../src/index.ts";
import { answerOf, readFixture, serve, streamOf } from "../serve.ts";

const QUESTION = "Is it blue?";
const request: ChatRequest = { model: "o3-pro", messages: [{ role: "user", content: QUESTION }] };
const parameters = { type: "object", properties: { question: { type: "string" } } };
const tools = [
  { name: "look", parameters },
  { name: "hear", parameters },
];

let server: SocketServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function providerFor(
  { origin }: { readonly origin: string },
  settings?: OpenAISettings,
): ReturnType<typeof createOpenAI> {
  return createOpenAI({
    api: "responses",
    baseURL: `${origin}/v1`,
    apiKey: "key-of-the-test",
    ...settings,
  });
}

function sent(index: number): { readonly [name: string]: unknown } {
  return JSON.parse(server?.requests[index]?.body ?? "{}");
}

async function messageOf(provider: ChatProvider, asked: ChatRequest): Promise<AssistantMessage> {
  return (await chat(provider, asked).result()).message;
}

async function errorOf(answer: Buffer): Promise<unknown> {
  server = await serve(answer);
  return chat(providerFor(server), request)
    .result()
    .catch((error: unknown) => error);
}

test("an answer streams from a server that speaks Responses", async () => {
  const services = await startServices({ openai: { apiKey: "secret" } });
  const { baseURL } = services.openai;
  let answer = "";

  // #region responses
  const openai = createOpenAI({ api: "responses", baseURL, apiKey: "secret" });
  const reply = chat(openai, { model: "o3-pro", messages: [{ role: "user", content: "Is it blue?" }] });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  const { usage, model, finishReason } = await reply.result();
  expect(answer).toBe(services.answerTo(QUESTION));
  expect({ usage, model, finishReason }).toEqual({
    usage: { inputTokens: 7, outputTokens: 11, totalTokens: 18, cachedInputTokens: 2, reasoningTokens: 3 },
    model: "o3-pro",
    finishReason: "stop",
  });
  await openai.close();
  await services.close();
});

test("a model thinks through a loop of tools, and the server keeps nothing", async () => {
  const services = await startServices();
  const provider = createOpenAI({ api: "responses", baseURL: services.openai.baseURL });
  const messages: ChatMessage[] = [];

  for (const question of ["What is red?", "What is blue?"]) {
    messages.push({ role: "user", content: question });
    for (;;) {
      const message = await messageOf(provider, { ...request, messages, tools, reasoningEffort: "medium" });
      // whoever keeps a conversation keeps it as JSON
      messages.push(JSON.parse(JSON.stringify(message)));
      expect(message.reasoning).toMatchObject([{ text: expect.stringContaining("characters") }]);
      if (message.toolCalls === undefined) break;
      expect(message.toolCalls.map(({ name }) => name)).toEqual(["look", "hear"]);
      for (const { id } of message.toolCalls) messages.push({ role: "tool", toolCallId: id, content: "7" });
    }
    expect(messages.at(-1)).toMatchObject({ content: services.answerTo(question) });
  }

  expect(messages).toHaveLength(10);
  const { input } = JSON.parse(services.openai.requests.at(-1)?.body ?? "");
  expect(input.filter(({ type }: { readonly type?: string }) => type === "reasoning")).toHaveLength(3);
  await provider.close();
  await services.close();
});

test("a thought that was changed is refused, and one of another instance is left out", async () => {
  const services = await startServices();
  const origin = services.openai.baseURL.replace("/v1", "");
  const message = await messageOf(providerFor({ origin }), request);
  const changed = JSON.parse(JSON.stringify(message).replace('"encrypted_content":"', "$&x"));
  const ask = (id: string, answer: AssistantMessage): Promise<string> =>
    chat(providerFor({ origin }, { id }), {
      ...request,
      messages: [...request.messages, answer, { role: "user", content: "And red?" }],
    }).text();

  expect(await ask("openai", message)).toBe(services.answerTo("And red?"));
  await expect(ask("openai", changed)).rejects.toMatchObject({ code: "bad-request", status: 400 });
  expect(await ask("other", changed)).toBe(services.answerTo("And red?"));
  await services.close();
});

test("one conversation goes through both APIs of a server", async () => {
  const services = await startServices();
  const { baseURL } = services.openai;
  const messages: ChatMessage[] = [];
  const apis = ["responses", "chat-completions", "responses"] as const;

  for (const [turn, api] of apis.entries()) {
    messages.push({ role: "user", content: `Question ${turn}` });
    const asked = { model: "gpt-5-mini", messages, reasoningEffort: "low" } as const;
    messages.push(await messageOf(createOpenAI({ api, baseURL }), asked));
  }

  expect(messages.at(-1)).toMatchObject({ content: services.answerTo("Question 2") });
  expect(services.openai.requests.map(({ path }) => path)).toEqual([
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/responses",
  ]);
  expect(services.openai.requests[1]?.body).not.toContain("encrypted_content");
  await services.close();
});

test("a model that does not think is asked without what only those have, and without a warning of it", async () => {
  const services = await startServices();
  const provider = createOpenAI({ api: "responses", baseURL: services.openai.baseURL });
  const asked: ChatRequest = { ...request, model: "gpt-4o-mini" };

  const plain = [await chat(provider, asked).result(), await chat(provider, asked).result()];
  const wishing = await chat(provider, { ...asked, reasoningEffort: "low" }).result();
  const again = await chat(provider, { ...asked, reasoningEffort: "low" }).result();

  expect(plain.map(({ text, warnings }) => [text, warnings])).toEqual(
    plain.map(() => [services.answerTo(QUESTION), []]),
  );
  expect(wishing.text).toBe(services.answerTo(QUESTION));
  expect(again.warnings.map(({ message }) => message)).toEqual([
    "the server refused `reasoning.effort`, so it was asked without it",
  ]);
  expect(services.openai.requests).toHaveLength(2 + 1 + 2 + 1);
  await services.close();
});

test("wishes for which there is no field are told", async () => {
  server = await serve(answerOf("responses-text.sse"));
  const asked: ChatRequest = { ...request, topK: 3, seed: 7, stopSequences: ["x"], presencePenalty: 1 };

  const { warnings } = await chat(providerFor(server), asked).result();

  expect(warnings.map(({ message }) => /`(\w+)`/.exec(message)?.[1]).sort()).toEqual([
    "presencePenalty",
    "seed",
    "stopSequences",
    "topK",
  ]);
});

test("fields of another protocol are left out, and told", async () => {
  server = await serve(answerOf("responses-text.sse"));
  const asked = { ...request, protocol: "chat-completions", extraFields: { logit_bias: {} } } as const;

  const { warnings } = await chat(providerFor(server), asked).result();

  expect(server.requests[0]?.body).not.toContain("logit_bias");
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining("`logit_bias`")]);
});

test("what the call relies on cannot be changed, and that is told", async () => {
  server = await serve(answerOf("responses-text.sse"));
  const extraBody = { stream: false, service_tier: "flex" };
  const asked: ChatRequest = { ...request, providerOptions: { openai: { extraBody } } };

  const { warnings } = await chat(providerFor(server), asked).result();

  expect(sent(0)).toMatchObject({ stream: true, service_tier: "flex" });
  expect(warnings.map(({ message }) => message)).toEqual(["`extraBody` cannot change `stream`"]);
});

test("where no model is named, a server that needs no key answers with its first, until it has that no more", async () => {
  const listed = (id: string): Buffer => httpJson({ data: [{ id }] });
  const gone = httpJson({ error: { message: "no", code: "model_not_found" } }, 404);
  server = await serve(
    ...[listed("a"), answerOf("responses-text.sse"), answerOf("responses-text.sse")],
    ...[gone, listed("b"), answerOf("responses-text.sse")],
  );
  const provider = providerFor(server, { apiKey: undefined });
  const ask = (): Promise<string> => chat(provider, { messages: request.messages }).text();

  await ask();
  await ask();
  await expect(ask()).rejects.toMatchObject({ code: "not-found" });
  await ask();

  expect([1, 2, 3, 5].map((index) => sent(index)["model"])).toEqual(["a", "a", "a", "b"]);
  await expect(chat(providerFor(server), { messages: request.messages }).text()).rejects.toMatchObject({
    code: "config",
  });
});

test.each<[string, Buffer, object]>([
  [
    "a limit inside the stream",
    answerOf("responses-first-error.sse"),
    { code: "rate-limit", retryAfterMs: 2500 },
  ],
  ["a refusal", answerOf("responses-refusal.sse"), { code: "content-filter" }],
  [
    "a failure after content",
    answerOf("responses-mid-stream-error.sse"),
    { code: "server", phase: "committed", partial: { text: "Half of" } },
  ],
  [
    "an error in JSON",
    httpJson(
      { error: { message: "no", type: "invalid_request_error", param: null, code: "invalid_api_key" } },
      401,
    ),
    { code: "auth", scope: "key" },
  ],
  [
    "a long prompt",
    httpJson({ error: { message: "no", code: "context_length_exceeded", param: "input" } }, 400),
    { code: "context-length" },
  ],
  ["JSON of another shape", httpJson({ answer: "Hi" }), { code: "protocol" }],
  ["a marker alone", streamOf("[DONE]"), { code: "empty" }],
  ["an event that is no JSON", streamOf("{oops}"), { code: "protocol" }],
])("%s is a failure", async (_, answer, failure) => {
  const error = await errorOf(answer);

  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject(failure);
});

test.each([
  ["responses-length.sse", "length", "Once upon a"],
  ["responses-filter.sse", "content-filter", "The first step"],
])("%s is an answer that says why it ended", async (name, finishReason, text) => {
  server = await serve(answerOf(name));

  expect(await chat(providerFor(server), request).result()).toMatchObject({ text, finishReason });
});

test("an answer with thoughts, words between them and calls reads as it was written, and goes back so", async () => {
  server = await serve(answerOf("responses-thinking-tools.sse"), answerOf("responses-text.sse"));
  const provider = providerFor(server);
  const { message, ...result } = await chat(provider, request).result();
  const results: ChatMessage[] = (message.toolCalls ?? []).map(({ id }) => ({
    role: "tool",
    toolCallId: id,
    content: "7",
  }));

  await chat(provider, { ...request, messages: [...request.messages, message, ...results] }).text();

  expect(result).toMatchObject({
    text: "Let me look.",
    reasoning: "Two towns.\n\nTwo calls.",
    toolCalls: [
      { id: "call_1", name: "weather", arguments: '{"town":"Köln"}' },
      { id: "call_2", name: "clock", arguments: "{}" },
    ],
    finishReason: "tool-calls",
  });
  expect(sent(1)["input"]).toEqual([
    { role: "user", content: QUESTION },
    {
      type: "reasoning",
      id: "rs_1",
      encrypted_content: "dGhvdWdodDE=",
      summary: [
        { type: "summary_text", text: "Two towns." },
        { type: "summary_text", text: "Two calls." },
      ],
    },
    { role: "assistant", content: "Let me look.", phase: "commentary" },
    { type: "reasoning", id: "rs_2", encrypted_content: "dGhvdWdodDI=", summary: [] },
    { type: "function_call", call_id: "call_1", name: "weather", arguments: '{"town":"Köln"}' },
    { type: "function_call", call_id: "call_2", name: "clock", arguments: "{}" },
    { type: "function_call_output", call_id: "call_1", output: "7" },
    { type: "function_call_output", call_id: "call_2", output: "7" },
  ]);
});

test("every cut of a stream is a failure, and never an answer", async () => {
  for (const name of ["text", "thinking-tools", "length", "filter"]) {
    const events = readFixture(`responses-${name}.sse`).split("\n\n").slice(0, -1);
    expect(events.length).toBeGreaterThan(5);
    for (const [index] of events.entries()) {
      const cut = events.slice(0, index).map((event) => event.slice(event.indexOf("data: ") + 6));
      const error = await errorOf(streamOf(...cut));
      await server?.close();

      expect(error, `${name} behind ${index} events`).toMatchObject({
        code: expect.stringMatching(/^(empty|interrupted)$/),
      });
    }
  }
});

test("nothing behind the last event is waited for", async () => {
  server = await startFaultServer([
    [{ read: "request" }, { send: answerOf("responses-text.sse").subarray(0, -5) }, { hold: true }],
  ]);

  expect(await chat(providerFor(server), request).text()).toBe("Grüße 👋 aus dem All");
  await server.closed();
});

test("an answer that comes as JSON is read as one", async () => {
  const output = [
    { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm" }] },
    { type: "message", content: [{ type: "output_text", text: "Hi" }] },
    { type: "function_call", call_id: "a", name: "one", arguments: '{"x":1}' },
  ];
  const usage = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
  server = await serve(httpJson({ id: "resp_1", model: "m", status: "completed", output, usage }));

  expect(await chat(providerFor(server), request).result()).toMatchObject({
    text: "Hi",
    reasoning: "Hm",
    toolCalls: [{ id: "a", name: "one", arguments: '{"x":1}' }],
    finishReason: "tool-calls",
    usage: { totalTokens: 3 },
  });
});
