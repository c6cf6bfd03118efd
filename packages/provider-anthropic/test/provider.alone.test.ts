import {
  type AssistantMessage,
  ChatError,
  type ChatMessage,
  type ChatProvider,
  type ChatRequest,
  chat,
} from "@fallthrough/core";
import {
  httpJson,
  httpResponse,
  type SocketServer,
  startFaultServer,
  startServices,
} from "@fallthrough/testkit";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { type AnthropicSettings, createAnthropic } from "../src/index.ts";
import { answerOf, failureOf, providerFor, readFixture, serve, streamOf } from "./serve.ts";

const QUESTION = "Is it blue?";
const request: ChatRequest = { model: "claude-sonnet-4-6", messages: [{ role: "user", content: QUESTION }] };
const tools = [
  { name: "look", parameters: { type: "object", properties: { question: { type: "string" } } } },
];

let server: SocketServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

function sent(index = 0): { readonly [name: string]: unknown } {
  return JSON.parse(server?.requests[index]?.body ?? "null");
}

/** The finished message of an answer, ready for the next request. */
async function messageOf(provider: ChatProvider, asked: ChatRequest): Promise<AssistantMessage> {
  return (await chat(provider, asked).result()).message;
}

async function errorOf(answer: Buffer, settings?: AnthropicSettings): Promise<unknown> {
  server = await serve(answer);
  return chat(providerFor(server, settings), request)
    .result()
    .catch((error: unknown) => error);
}

test("an answer streams from a server that speaks the Messages API", async () => {
  const services = await startServices({ anthropic: { apiKey: "secret" } });
  const { baseURL } = services.anthropic;
  let answer = "";

  // #region use
  const claude = createAnthropic({ id: "claude", baseURL, apiKey: "secret" });
  const reply = chat(claude, {
    model: "claude-sonnet-4-6",
    messages: [{ role: "user", content: "Is it blue?" }],
  });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  const { usage, model, finishReason } = await reply.result();
  expect(answer).toBe(services.answerTo(QUESTION));
  expect({ usage, model, finishReason }).toEqual({
    usage: {
      inputTokens: 7,
      outputTokens: 11,
      totalTokens: 18,
      cachedInputTokens: 2,
      reasoningTokens: undefined,
    },
    model: "claude-sonnet-4-6",
    finishReason: "stop",
  });
  await claude.close();
  await services.close();
});

test.each(["claude-sonnet-4-6", "claude-haiku-4-5"])("%s thinks through a loop of tools", async (model) => {
  const services = await startServices();
  const provider = providerFor({ origin: services.anthropic.baseURL });
  const messages: ChatMessage[] = [];

  for (const question of ["What is red?", "What is the secret?"]) {
    messages.push({ role: "user", content: question });
    for (;;) {
      const message = await messageOf(provider, { model, messages, tools, reasoningEffort: "medium" });
      messages.push(message);
      expect(message.reasoning).toHaveLength(1);
      if (message.toolCalls === undefined) break;
      for (const { id } of message.toolCalls) messages.push({ role: "tool", toolCallId: id, content: "7" });
    }
    expect(messages.at(-1)).toMatchObject({ content: services.answerTo(question) });
  }

  expect(messages.map(({ role }) => role)).toEqual(
    [1, 2].flatMap(() => ["user", "assistant", "tool", "assistant"]),
  );
  await provider.close();
  await services.close();
});

test.each([
  ["claude-sonnet-4-6", 1],
  ["claude-haiku-4-5", 0],
])("%s goes on with a loop of tools that another provider began", async (model, thoughts) => {
  const services = await startServices();
  const provider = providerFor({ origin: services.anthropic.baseURL });
  const foreign: ChatMessage[] = [
    { role: "user", content: QUESTION },
    {
      role: "assistant",
      content: "",
      reasoning: [{ text: "Hm", providerData: { other: { signature: "of another" } } }],
      toolCalls: [{ id: "functions.look:0", name: "look", arguments: "", providerData: { other: { x: 1 } } }],
      providerData: { other: { layout: [] } },
    },
    { role: "tool", toolCallId: "functions.look:0", content: "7" },
  ];

  const message = await messageOf(provider, { model, messages: foreign, tools, reasoningEffort: "low" });

  expect(message.content).toBe(services.answerTo(QUESTION));
  expect(message.reasoning ?? []).toHaveLength(thoughts);
  await provider.close();
  await services.close();
});

test("a thought that was changed is refused, and one of another instance is left out", async () => {
  const services = await startServices();
  const { baseURL: origin } = services.anthropic;
  const message = await messageOf(providerFor({ origin }), { ...request, reasoningEffort: "low" });
  const next = (): ChatMessage[] => [...request.messages, message, { role: "user", content: "And red?" }];
  for (const thought of message.reasoning ?? []) thought.text += " Changed.";

  const refused = chat(providerFor({ origin }), { ...request, messages: next() });
  await expect(refused.text()).rejects.toMatchObject({ code: "bad-request", status: 400 });
  const other = await chat(providerFor({ origin }, { id: "other" }), { ...request, messages: next() }).text();

  expect(other).toBe(services.answerTo("And red?"));
  await services.close();
});

test("the models are listed page by page, with their windows", async () => {
  const services = await startServices();
  const provider = providerFor({ origin: services.anthropic.baseURL });

  expect(await provider.listModels?.()).toEqual([
    { id: "claude-sonnet-4-6", contextWindow: 200_000 },
    { id: "claude-haiku-4-5", contextWindow: 200_000 },
  ]);
  expect(services.anthropic.requests.map(({ path }) => path)).toEqual([
    "/v1/models?limit=1000",
    "/v1/models?limit=1000&after_id=claude-sonnet-4-6",
  ]);
  await services.close();
});

test("a list whose pages do not go on ends", async () => {
  const page = httpJson({ data: [{ id: "a" }], has_more: true, last_id: "a" });
  server = await serve(page, page, page);

  expect(await providerFor(server).listModels?.()).toHaveLength(2);
});

test.each<[string, AnthropicSettings, object]>([
  ["the settings", { apiKey: "mine" }, { "x-api-key": "mine" }],
  [
    "the variable that the settings name",
    { apiKey: "", apiKeyEnv: "FALLTHROUGH_TEST_KEY" },
    { "x-api-key": "env" },
  ],
  ["a bearer of one's own", { headers: { authorization: "Bearer me" } }, { authorization: "Bearer me" }],
])("the key is taken from %s, and stands in a header only", async (_, settings, headers) => {
  vi.stubEnv("FALLTHROUGH_TEST_KEY", "env");
  server = await serve(answerOf("text.sse"));

  await chat(providerFor(server, settings), request).text();

  expect(server.requests[0]).toMatchObject({
    method: "POST",
    path: "/v1/messages",
    headers: { "anthropic-version": "2023-06-01", ...headers },
  });
  expect(Object.keys(server.requests[0]?.headers ?? {})).not.toContain(
    "authorization" in headers ? "x-api-key" : "authorization",
  );
});

test("without a key the own server is not asked, and a server of one's own needs none", async () => {
  vi.stubEnv("ANTHROPIC_API_KEY", "");
  server = await serve(answerOf("text.sse"));

  await expect(chat(createAnthropic(), request).text()).rejects.toMatchObject({ code: "config" });
  await chat(createAnthropic({ baseURL: `${server.origin}/v1` }), request).text();

  expect(server.requests[0]).toMatchObject({ path: "/v1/messages" });
  expect(server.requests[0]?.headers["x-api-key"]).toBeUndefined();
});

test("a request without a model is a config error that says where to name one", async () => {
  server = await serve();

  await expect(chat(providerFor(server), { messages: request.messages }).text()).rejects.toMatchObject({
    code: "config",
    message: "[anthropic] the request names no model, expected one in it or in the setting `models`",
  });
});

test.each<[string, Buffer, object]>([
  [
    "a refused key",
    failureOf(401, "authentication_error", "invalid x-api-key"),
    { code: "auth", scope: "key" },
  ],
  ["a forbidden model", failureOf(403, "permission_error", "no"), { code: "auth", scope: "model" }],
  ["a bill", failureOf(402, "billing_error", "no"), { code: "payment", scope: "key" }],
  [
    "no credit",
    failureOf(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
    { code: "payment", scope: "key" },
  ],
  [
    "a spend limit",
    failureOf(400, "invalid_request_error", "no", {
      details: { error_code: "enforced_spend_limit_reached" },
    }),
    { code: "payment", scope: "key" },
  ],
  [
    "a long prompt",
    failureOf(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    { code: "context-length" },
  ],
  ["a large request", failureOf(413, "request_too_large", "no"), { code: "context-length", status: 413 }],
  [
    "an unknown model",
    failureOf(404, "not_found_error", "model: x"),
    { code: "not-found", requestId: "req_9" },
  ],
  ["a conflict", failureOf(409, "conflict_error", "no"), { code: "server" }],
  ["a slow server", failureOf(504, "timeout_error", "no"), { code: "timeout" }],
  ["an overload", failureOf(529, "overloaded_error", "Overloaded"), { code: "server", status: 529 }],
  ["an overload inside the stream", answerOf("first-error.sse"), { code: "server" }],
  ["a refusal", answerOf("refusal.sse"), { code: "content-filter" }],
  [
    "an error after content",
    answerOf("mid-stream-error.sse"),
    { code: "server", phase: "committed", partial: { text: "Half of" } },
  ],
  [
    "an error in JSON",
    httpJson({ type: "error", error: { type: "rate_limit_error" } }),
    { code: "rate-limit" },
  ],
  ["JSON of another shape", httpJson({ answer: "Hi" }), { code: "protocol" }],
  ["a ping alone", streamOf('event: ping\ndata: {"type":"ping"}\n\n'), { code: "empty" }],
  ["an event that is no JSON", streamOf("event: message_start\ndata: {oops}\n\n"), { code: "protocol" }],
])("%s is a failure", async (_, answer, failure) => {
  const named = Buffer.from(answer.toString("latin1").replace("\r\n", "\r\nrequest-id: req_9\r\n"), "latin1");
  const error = await errorOf(named);

  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject(failure);
});

test.each([
  ["retry-after", { "retry-after": "7" }, 7000],
  [
    "the limit that is used up",
    {
      "anthropic-ratelimit-requests-remaining": "12",
      "anthropic-ratelimit-requests-reset": "2026-01-15T12:01:00Z",
      "anthropic-ratelimit-output-tokens-remaining": "0",
      "anthropic-ratelimit-output-tokens-reset": "2026-01-15T12:00:30Z",
    },
    30_000,
  ],
])("%s says when to come back", async (_, headers, wait) => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-15T12:00:00Z") });
  onTestFinished(() => void vi.useRealTimers());
  const { retryAfterMs = 0 } = (await errorOf(
    httpJson({ type: "error", error: { type: "rate_limit_error", message: "no" } }, 429, headers),
  )) as ChatError;

  expect(retryAfterMs).toBe(wait);
});

test("the words of the server stand in the error, and neither key nor prompt", async () => {
  const error = await errorOf(
    failureOf(400, "invalid_request_error", `messages.0: cannot read ${QUESTION} of key-of-the-test`),
  );

  expect(String(error)).toBe(
    'ChatError: [anthropic] POST /v1/messages answered 400 (application/json), saying "messages.0: cannot read [redacted] of [redacted]"',
  );
});

test("the limits of the account stand in the headers of the answer", async () => {
  const headers = { "content-type": "text/event-stream", "anthropic-ratelimit-tokens-remaining": "1000" };
  server = await serve(httpResponse({ headers, body: [readFixture("text.sse")] }));
  const reply = chat(providerFor(server), request);
  const parts = [];
  for await (const part of reply) parts.push(part);

  expect(parts.at(-1)).toMatchObject({
    response: { id: "msg_01Sy", headers: { "anthropic-ratelimit-tokens-remaining": "1000" } },
  });
});

test.each([
  ["length.sse", "length"],
  ["filter.sse", "content-filter"],
])("%s is an answer that says why it ended", async (name, finishReason) => {
  server = await serve(answerOf(name));

  const { text, ...result } = await chat(providerFor(server), request).result();

  expect(text).not.toBe("");
  expect(result).toMatchObject({ finishReason });
});

test("every cut of a stream is a failure, and never an answer", async () => {
  for (const name of ["text.sse", "thinking-tools.sse", "length.sse", "filter.sse"]) {
    const body = readFixture(name);
    const events = body.split("\n\n").slice(0, -2);
    for (const [index] of events.entries()) {
      const cut = events
        .slice(0, index)
        .map((event) => `${event}\n\n`)
        .join("");
      const error = await errorOf(streamOf(cut));
      await server?.close();

      expect(error, `${name} behind ${index} events`).toMatchObject({
        code: expect.stringMatching(/^(empty|interrupted)$/),
      });
    }
  }
});

test.each(["text.sse", "thinking-tools.sse", "length.sse"])(
  "%s reads the same however its bytes are split",
  async (name) => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    const body = Buffer.from(readFixture(name));
    server = await serve(answerOf(name));
    const { route: _, response: __, ...expected } = await chat(providerFor(server), request).result();
    await server.close();
    server = await startFaultServer(
      [1, 2, 3, 7, 64].map((pieces) => [{ read: "request" }, { send: head }, { send: body, pieces }]),
    );

    for (let index = 0; index < 5; index++) {
      const { route, response, ...result } = await chat(providerFor(server), request).result();
      expect(result).toEqual(expected);
    }
  },
);

test("nothing behind the end marker is waited for", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
  server = await startFaultServer([
    [{ read: "request" }, { send: head + readFixture("text.sse") }, { hold: true }],
  ]);

  expect(await chat(providerFor(server), request).text()).toBe("Grüße 👋 aus dem All");
  await server.closed();
});

test("an answer that comes as JSON is read as one", async () => {
  server = await serve(
    httpJson({
      id: "msg_1",
      type: "message",
      model: "m",
      content: [
        { type: "thinking", thinking: "Hm", signature: "s" },
        { type: "text", text: "Hi" },
        { type: "tool_use", id: "toolu_1", name: "one", input: { x: 1 } },
      ],
      stop_reason: "tool_use",
      usage: { input_tokens: 1, output_tokens: 2 },
    }),
  );

  expect(await chat(providerFor(server), request).result()).toMatchObject({
    text: "Hi",
    reasoning: "Hm",
    toolCalls: [{ id: "toolu_1", name: "one", arguments: '{"x":1}' }],
    finishReason: "tool-calls",
    usage: { totalTokens: 3 },
  });
});

test("a wish that the model refuses is left out with a warning, and not asked for again", async () => {
  const refusal = failureOf(
    400,
    "invalid_request_error",
    "`temperature` and `top_p` cannot both be specified",
  );
  server = await serve(refusal, answerOf("text.sse"), answerOf("text.sse"));
  const provider = providerFor(server);
  const wishing = { ...request, temperature: 0.5, topP: 0.5 };

  await chat(provider, wishing).text();
  const { warnings } = await chat(provider, wishing).result();

  expect([0, 1, 2].map((index) => "top_p" in sent(index))).toEqual([true, false, false]);
  expect(sent(2)).toMatchObject({ temperature: 0.5 });
  expect(warnings.map(({ message }) => message)).toEqual([
    "the server refused `top_p`, so it was asked without it",
  ]);
});

test("fields of another protocol are left out, and told", async () => {
  server = await serve(answerOf("text.sse"));
  const asked = { ...request, protocol: "chat-completions", extraFields: { logit_bias: {} } } as const;

  const { warnings } = await chat(providerFor(server), asked).result();

  expect(server.requests[0]?.body).not.toContain("logit_bias");
  expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining("`logit_bias`")]);
});

test("of several keys the first that the server takes is used, and none is in an error", async () => {
  const refusal = failureOf(401, "authentication_error", "invalid x-api-key one-secret-key");
  server = await serve(refusal, answerOf("text.sse"), refusal, refusal);
  const provider = providerFor(server, { apiKey: ["one-secret-key", "another-secret-key"] });

  await chat(provider, request).text();
  const error = await chat(provider, request)
    .text()
    .catch((reason: unknown) => reason);

  const shown = server.requests.map(({ headers }) => headers["x-api-key"]);
  expect(shown).toEqual(["one-secret-key", "another-secret-key", "one-secret-key", "another-secret-key"]);
  expect(error).toMatchObject({ code: "auth" });
  expect(String(error)).not.toContain("secret");
});
