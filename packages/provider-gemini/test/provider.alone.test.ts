import {
  type AssistantMessage,
  ChatError,
  type ChatMessage,
  type ChatProvider,
  type ChatRequest,
  chat,
} from "@fallthrough/core";
import { httpJson, type SocketServer, startFaultServer, startServices } from "@fallthrough/testkit";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createGemini, type GeminiSettings } from "../src/index.ts";
import { answerOf, failureOf, providerFor, readFixture, serve, streamOf } from "./serve.ts";

const QUESTION = "Is it blue?";
const request: ChatRequest = { model: "gemini-3-flash", messages: [{ role: "user", content: QUESTION }] };
const parameters = { type: "object", properties: { question: { type: "string" } } };
const tools = [
  { name: "look", parameters },
  { name: "hear", parameters },
];

let server: SocketServer | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

/** The finished message of an answer, ready for the next request. */
async function messageOf(provider: ChatProvider, asked: ChatRequest): Promise<AssistantMessage> {
  return (await chat(provider, asked).result()).message;
}

async function errorOf(answer: Buffer, settings?: GeminiSettings): Promise<unknown> {
  server = await serve(answer);
  return chat(providerFor(server, settings), request)
    .result()
    .catch((error: unknown) => error);
}

test("an answer streams from a server that speaks the API", async () => {
  const services = await startServices({ gemini: { apiKey: "secret" } });
  const { baseURL } = services.gemini;
  let answer = "";

  // #region use
  const gemini = createGemini({ baseURL, apiKey: "secret" });
  const reply = chat(gemini, {
    model: "gemini-3-flash",
    messages: [{ role: "user", content: "Is it blue?" }],
  });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  const { usage, model, finishReason } = await reply.result();
  expect(answer).toBe(services.answerTo(QUESTION));
  expect({ usage, model, finishReason }).toEqual({
    usage: { inputTokens: 7, outputTokens: 11, totalTokens: 18, cachedInputTokens: 2, reasoningTokens: 3 },
    model: "gemini-3-flash",
    finishReason: "stop",
  });
  await gemini.close();
  await services.close();
});

test.each(["gemini-3-flash", "models/gemini-2.5-flash"])(
  "%s thinks through a loop of tools",
  async (model) => {
    const services = await startServices();
    const provider = providerFor({ origin: services.gemini.baseURL });
    const messages: ChatMessage[] = [];

    for (const question of ["What is red?", "What is blue?"]) {
      messages.push({ role: "user", content: question });
      for (;;) {
        const message = await messageOf(provider, { model, messages, tools, reasoningEffort: "medium" });
        messages.push(message);
        expect(message.reasoning).toHaveLength(1);
        if (message.toolCalls === undefined) break;
        expect(message.toolCalls.map(({ name }) => name)).toEqual(["look", "hear"]);
        // whoever runs tools at once has their results in any order
        for (const { id } of [...message.toolCalls].reverse()) {
          messages.push({ role: "tool", toolCallId: id, content: "7" });
        }
      }
      expect(messages.at(-1)).toMatchObject({ content: services.answerTo(question) });
    }

    expect(messages).toHaveLength(10);
    await provider.close();
    await services.close();
  },
);

test.each(["gemini-3-flash", "gemini-2.5-flash"])(
  "%s goes on with a loop of tools that another provider began, and learns how",
  async (model) => {
    const services = await startServices();
    const provider = providerFor({ origin: services.gemini.baseURL });
    const foreign = (): ChatMessage[] => [
      { role: "user", content: QUESTION },
      {
        role: "assistant",
        content: "",
        reasoning: [{ text: "Hm", providerData: { other: { thoughtSignature: "of another" } } }],
        toolCalls: [
          {
            id: "a",
            name: "look",
            arguments: "",
            providerData: { other: { thoughtSignature: "x", id: "y" } },
          },
          { id: "b", name: "hear", arguments: "no JSON" },
        ],
      },
      { role: "tool", toolCallId: "b", content: "loud", isError: true },
      { role: "tool", toolCallId: "a", content: "7" },
    ];

    const first = await messageOf(provider, { model, messages: foreign(), tools });
    const second = await messageOf(provider, { model, messages: foreign(), tools });

    expect([first.content, second.content]).toEqual([QUESTION, QUESTION].map(services.answerTo));
    expect(services.gemini.requests).toHaveLength(model === "gemini-3-flash" ? 3 : 2);
    await provider.close();
    await services.close();
  },
);

test("a signature that was changed is refused, and one of another instance is left out", async () => {
  const services = await startServices();
  const { baseURL: origin } = services.gemini;
  const message = await messageOf(providerFor({ origin }), request);
  const next = (signature: string): ChatMessage[] => [
    ...request.messages,
    JSON.parse(JSON.stringify(message).replace(/"thoughtSignature":"/, `$&${signature}`)),
    { role: "user", content: "And red?" },
  ];

  const ask = (id: string, signature: string): Promise<string> =>
    chat(providerFor({ origin }, { id }), { ...request, messages: next(signature) }).text();

  expect(JSON.stringify(message)).toContain("thoughtSignature");
  expect(await ask("gemini", "")).toBe(services.answerTo("And red?"));
  await expect(ask("gemini", "changed")).rejects.toMatchObject({ code: "bad-request", status: 400 });
  expect(await ask("other", "changed")).toBe(services.answerTo("And red?"));
  await services.close();
});

test("the models are listed page by page, with their windows", async () => {
  const services = await startServices();
  const provider = providerFor({ origin: services.gemini.baseURL });

  expect(await provider.listModels?.()).toEqual([
    { id: "gemini-3-flash", contextWindow: 1_048_576 },
    { id: "gemini-2.5-flash", contextWindow: 1_048_576 },
  ]);
  expect(services.gemini.requests.map(({ path }) => path)).toEqual([
    "/v1beta/models?pageSize=1000",
    "/v1beta/models?pageSize=1000&pageToken=1",
  ]);
  await services.close();
});

test.each([
  ["the first variable", { GEMINI_API_KEY: "one", GOOGLE_API_KEY: "two" }, "one"],
  ["the second variable", { GEMINI_API_KEY: "", GOOGLE_API_KEY: "two" }, "two"],
])("the key is taken from %s, for the own server alone", async (_, variables, key) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  server = await serve(answerOf("text.sse"), answerOf("text.sse"));
  const { origin } = server;
  const sent: unknown[] = [];
  // stands where the own server would be asked
  const dispatcher = {
    dispatch: (options: { readonly headers: Record<string, string> }) => {
      sent.push(options.headers["x-goog-api-key"]);
      throw new Error("not asked");
    },
  } as never;

  await expect(chat(createGemini({ dispatcher }), request).text()).rejects.toBeInstanceOf(ChatError);
  await chat(createGemini({ baseURL: `${origin}/v1beta` }), request).text();

  expect(sent).toEqual([key]);
  expect(server.requests[0]).toMatchObject({
    path: "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse",
  });
  expect(server.requests[0]?.headers).not.toHaveProperty("x-goog-api-key");
});

test.each(["", "/v1beta", "/v1"])("a base URL may end in %j", async (version) => {
  const services = await startServices();
  const provider = providerFor({ origin: services.gemini.baseURL + version });

  expect(await chat(provider, request).text()).toBe(services.answerTo(QUESTION));
  expect(services.gemini.requests[0]?.path).toBe(
    `${version || "/v1beta"}/models/gemini-3-flash:streamGenerateContent?alt=sse`,
  );
  await provider.close();
  await services.close();
});

test("without a key the own server is not asked", async () => {
  vi.stubEnv("GEMINI_API_KEY", "");
  vi.stubEnv("GOOGLE_API_KEY", "");

  await expect(chat(createGemini(), request).text()).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining("`GEMINI_API_KEY` or `GOOGLE_API_KEY` is not set"),
  });
});

test.each([
  ["gemini-3-flash", "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse"],
  ["tunedModels/mine", "/v1beta/tunedModels/mine:streamGenerateContent?alt=sse"],
  ["a/../b?key=x#y", "/v1beta/models/a%2F..%2Fb%3Fkey%3Dx%23y:streamGenerateContent?alt=sse"],
])("the model %s is asked for at %s, with the key in a header only", async (model, path) => {
  server = await serve(answerOf("text.sse"));

  await chat(providerFor(server), { ...request, model }).text();

  expect(server.requests[0]).toMatchObject({ path, headers: { "x-goog-api-key": "key-of-the-test" } });
  expect(JSON.stringify([server.requests[0]?.path, server.requests[0]?.body])).not.toContain(
    "key-of-the-test",
  );
});

const DETAIL = "type.googleapis.com/google.rpc.";

test.each<[string, Buffer, object]>([
  [
    "a refused key",
    failureOf(400, "INVALID_ARGUMENT", "API key not valid.", [
      { "@type": `${DETAIL}ErrorInfo`, reason: "API_KEY_INVALID" },
    ]),
    { code: "auth", scope: "key" },
  ],
  ["a forbidden model", failureOf(403, "PERMISSION_DENIED", "no"), { code: "auth", scope: "model" }],
  [
    "a country without the service",
    failureOf(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    { code: "blocked", scope: "origin" },
  ],
  ["an unknown model", failureOf(404, "NOT_FOUND", "models/x is not found"), { code: "not-found" }],
  [
    "a long prompt",
    failureOf(
      400,
      "INVALID_ARGUMENT",
      "The input token count (9) exceeds the maximum number of tokens allowed (8).",
    ),
    { code: "context-length" },
  ],
  [
    "JSON output beside tools",
    failureOf(
      400,
      "INVALID_ARGUMENT",
      "Function calling with a response mime type: 'application/json' is unsupported",
    ),
    { code: "unsupported" },
  ],
  [
    "a limit of a minute",
    failureOf(429, "RESOURCE_EXHAUSTED", "no", [{ "@type": `${DETAIL}RetryInfo`, retryDelay: "20.5s" }]),
    { code: "rate-limit", retryAfterMs: 20_500 },
  ],
  [
    "a tier without a quota",
    failureOf(429, "RESOURCE_EXHAUSTED", "* Quota exceeded for metric: free_tier_requests, limit: 0", [
      { "@type": `${DETAIL}RetryInfo`, retryDelay: "20s" },
    ]),
    { code: "rate-limit", retryAfterMs: 86_400_000 },
  ],
  ["an overload", failureOf(503, "UNAVAILABLE", "The model is overloaded."), { code: "server", status: 503 }],
  ["a server that is too slow", failureOf(504, "DEADLINE_EXCEEDED", "no"), { code: "server" }],
  ["a list of one error", httpJson([{ error: { code: 429, message: "no" } }], 429), { code: "rate-limit" }],
  ["an overload inside the stream", answerOf("first-error.sse"), { code: "server" }],
  [
    "an error after content",
    answerOf("mid-stream-error.sse"),
    { code: "server", phase: "committed", partial: { text: "Half of" } },
  ],
  ["a prompt that was blocked", answerOf("blocked.sse"), { code: "content-filter" }],
  ["an answer that was filtered", answerOf("safety.sse"), { code: "content-filter" }],
  ["JSON of another shape", httpJson({ answer: "Hi" }), { code: "protocol" }],
  ["an event that is no JSON", streamOf("data: {oops}\n\n"), { code: "protocol" }],
])("%s is a failure", async (_, answer, failure) => {
  const error = await errorOf(answer);

  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject(failure);
});

test("a used up day is waited for, and not the delay that stands beside it", async () => {
  // noon in California, where the day turns
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-01-15T20:00:00Z") });
  onTestFinished(() => void vi.useRealTimers());

  const error = (await errorOf(httpJson(JSON.parse(readFixture("quota-day.json")), 429))) as ChatError;

  expect(error.retryAfterMs).toBeGreaterThan(43_200_000 - 1_000);
  expect(error.retryAfterMs).toBeLessThanOrEqual(43_200_000);
});

test("the words of the server stand in the error, and neither key nor prompt", async () => {
  const error = await errorOf(
    failureOf(400, "INVALID_ARGUMENT", `cannot read ${QUESTION} of key-of-the-test`),
  );

  expect(String(error)).toBe(
    'ChatError: [gemini] POST /v1beta/models/gemini-3-flash:streamGenerateContent answered 400 (application/json), saying "cannot read [redacted] of [redacted]"',
  );
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
    const events = readFixture(name).split("\n\n").slice(0, -1);
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

test.each([
  ["by a reset", { end: "rst" } as const],
  ["inside its framing", { end: "fin" } as const],
])("a connection that is cut %s behind the last event leaves no whole answer", async (_, end) => {
  const body = readFixture("text.sse");
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`;
  const chunk = `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n`;
  server = await startFaultServer([[{ read: "request" }, { send: head + chunk }, { wait: 30 }, end]]);

  await expect(chat(providerFor(server), request).text()).rejects.toMatchObject({ code: "interrupted" });
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

test("a server that knows no events is read as well", async () => {
  const candidate = (text: string, finishReason?: string): object => ({
    candidates: [{ content: { parts: [{ text }] }, finishReason }],
  });
  server = await serve(httpJson([candidate("H"), candidate("i", "STOP")]));

  expect(await chat(providerFor(server), request).text()).toBe("Hi");
});

test("a wish that the model refuses is left out with a warning, and not asked for again", async () => {
  const refusal = failureOf(400, "INVALID_ARGUMENT", "Penalty is not enabled for this model");
  server = await serve(refusal, answerOf("text.sse"), answerOf("text.sse"));
  const provider = providerFor(server);
  const wishing = { ...request, presencePenalty: 1, frequencyPenalty: 1, parallelToolCalls: false };

  await chat(provider, wishing).text();
  const { warnings } = await chat(provider, wishing).result();

  expect(server.requests.map(({ body }) => body.includes("Penalty"))).toEqual([true, false, false]);
  expect(warnings.map(({ message }) => message)).toEqual([
    "Gemini does not take `parallelToolCalls`, so it was left out",
    "the server refused `presencePenalty` and `frequencyPenalty`, so it was asked without them",
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
  const refusal = failureOf(400, "INVALID_ARGUMENT", "API key not valid: one-secret-key", [
    { reason: "API_KEY_INVALID" },
  ]);
  server = await serve(refusal, answerOf("text.sse"), refusal, refusal);
  const provider = providerFor(server, { apiKey: ["one-secret-key", "another-secret-key"] });

  await chat(provider, request).text();
  const error = await chat(provider, request)
    .text()
    .catch((reason: unknown) => reason);

  const shown = server.requests.map(({ headers }) => headers["x-goog-api-key"]);
  expect(shown).toEqual(["one-secret-key", "another-secret-key", "one-secret-key", "another-secret-key"]);
  expect(error).toMatchObject({ code: "auth" });
  expect(String(error)).not.toContain("secret");
});
