import { type ChatRequest, type ChatResult, chat, type JsonObject } from "@fallthrough/core";
import { httpJson, httpResponse, type SocketServer, startFaultServer } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { formatBody } from "../src/body.ts";
import type { OpenAISettings } from "../src/index.ts";
import { failureOf } from "./failure-of.ts";
import { providerFor, serve, streamOf } from "./serve.ts";

const request: ChatRequest = { model: "any", messages: [{ role: "user", content: "Hello" }] };

let server: SocketServer;
afterEach(() => server.close());

function choice(delta: object, finish_reason: string | null = null, more: object = {}): object {
  return { id: "chatcmpl-1", choices: [{ index: 0, delta, finish_reason, ...more }] };
}

function sentBody(index: number = 0): { readonly [name: string]: unknown } {
  return JSON.parse(server.requests[index]?.body ?? "null");
}

async function answerTo(
  answer: Buffer,
  asked: ChatRequest = request,
  settings?: OpenAISettings,
): Promise<ChatResult> {
  server = await serve(answer);
  return chat(providerFor(server, settings), asked).result();
}

async function errorOf(answer: Buffer): Promise<unknown> {
  server = await serve(answer);
  return failureOf(chat(providerFor(server), request));
}

test.each<[string, number, unknown, object]>([
  ["a refused key", 401, { error: { code: "invalid_api_key" } }, { code: "auth", scope: "key" }],
  ["a refusal of the key in its status alone", 401, { detail: "no" }, { code: "auth", scope: "key" }],
  [
    "Google's refused key under 400",
    400,
    [{ error: { code: 400, status: "INVALID_ARGUMENT", details: [{ reason: "API_KEY_INVALID" }] } }],
    { code: "auth", scope: "key" },
  ],
  [
    "xAI's refused key as a plain string",
    400,
    { code: "Client specified an invalid argument", error: "Incorrect API key provided: ab***yz." },
    { code: "auth", scope: "key" },
  ],
  ["a 403 in JSON", 403, { error: "this model requires a subscription" }, { code: "auth", scope: "model" }],
  [
    "a country without the service",
    400,
    [{ error: { code: 400, message: "User location is not supported", status: "FAILED_PRECONDITION" } }],
    { code: "blocked", scope: "origin" },
  ],
  [
    "OpenAI's code for such a country",
    403,
    { error: { code: "unsupported_country_region_territory", message: "Country not supported" } },
    { code: "blocked", scope: "origin" },
  ],
  [
    "a plain 402",
    402,
    { error: { code: 402, message: "fewer tokens" } },
    { code: "payment", scope: "model" },
  ],
  ["a spent account", 402, { error: { code: "billing_not_active" } }, { code: "payment", scope: "key" }],
  [
    "an account code",
    429,
    { error: { type: "credit_balance_exhausted" } },
    { code: "payment", scope: "key" },
  ],
  [
    "no endpoint for tools",
    404,
    { error: { message: "No endpoints found that support tool use.", code: 404 } },
    { code: "unsupported", scope: "need", need: "tools" },
  ],
  [
    "no endpoint for this tool_choice",
    404,
    { error: { message: "No endpoints found that support the provided 'tool_choice' value.", code: 404 } },
    { code: "unsupported", scope: "need", need: "tool-choice" },
  ],
  [
    "no endpoint for images",
    404,
    { error: { message: "No endpoints found that support image input", code: 404 } },
    { code: "unsupported", scope: "need", need: "images" },
  ],
  [
    "no endpoint for the data policy",
    404,
    {
      error: { message: "No endpoints found matching your data policy (Free model publication)", code: 404 },
    },
    { code: "unsupported", scope: "request" },
  ],
  [
    "no endpoint for the model",
    404,
    { error: { message: "No endpoints found for a/b." } },
    { code: "not-found" },
  ],
  ["a model that is gone", 410, {}, { code: "not-found", scope: "model" }],
  ["Mistral's invalid model", 400, { type: "invalid_model", code: "1500" }, { code: "not-found" }],
  [
    "OpenRouter's model id",
    400,
    { error: { message: "a/b is not a valid model ID", code: 400 } },
    { code: "not-found" },
  ],
  [
    "Cloudflare's model",
    400,
    { errors: [{ code: 5007, message: "No such model @cf/a or task" }] },
    { code: "not-found" },
  ],
  ["DeepSeek's model", 400, { error: { message: "Model Not Exist", code: "x" } }, { code: "not-found" }],
  [
    "a model without tools",
    400,
    { error: { message: "registry.ollama.ai/library/gemma does not support tools" } },
    { code: "unsupported", scope: "need", need: "tools" },
  ],
  [
    "vLLM without a parser",
    400,
    { message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set' },
    { code: "unsupported", scope: "need", need: "tools" },
  ],
  [
    "no json_schema",
    400,
    { error: { message: "This response_format type is unavailable now", type: "invalid_request_error" } },
    { code: "unsupported", scope: "need", need: undefined },
  ],
  [
    "no structured outputs",
    400,
    { error: { message: "This model does not support structured outputs" } },
    { code: "unsupported", scope: "need", need: "json-schema" },
  ],
  [
    "Groq's call that does not parse",
    400,
    { error: { code: "tool_use_failed", message: "Failed to call a function." } },
    { code: "unsupported", scope: "request", need: undefined },
  ],
  ["any other 422", 422, { detail: "no" }, { code: "bad-request", scope: "model" }],
  [
    "413 for tokens per minute",
    413,
    { error: { message: "Request too large on tokens per minute (TPM): Limit 6000", type: "tokens" } },
    { code: "rate-limit" },
  ],
  [
    "vLLM's context length",
    400,
    { object: "error", message: "This model's maximum context length is 4096 tokens. However, ..." },
    { code: "context-length" },
  ],
  [
    "Cohere's count of tokens",
    400,
    { message: "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292." },
    { code: "context-length" },
  ],
  [
    "Z.ai's count of tokens",
    400,
    { error: { code: "1210", message: "tokens in request more than max tokens allowed" } },
    { code: "context-length" },
  ],
  ["Groq's 498", 498, {}, { code: "server" }],
  ["TGI's 424", 424, { error: "x", error_type: "generation" }, { code: "server" }],
  ["an overload", 529, {}, { code: "server" }],
  [
    "a degraded function",
    400,
    {
      type: "urn:inference-service",
      title: "Bad Request",
      detail: "Function id 'x': DEGRADED function cannot be invoked",
    },
    { code: "server" },
  ],
  ["a model that is loading", 503, { error: { code: 503, message: "Loading model" } }, { code: "server" }],
])("services.md §1: %s (%d) says what it is about", async (_, status, body, failure) => {
  expect(await errorOf(httpJson(body, status))).toMatchObject({ status, ...failure });
});

test("services.md §1: a base URL without its path is a setting to mend", async () => {
  const error = await errorOf(httpJson({ error: "Unexpected endpoint or method. (POST /chat/completions)" }));

  expect(error).toMatchObject({ code: "config", message: expect.stringContaining("/v1") });
});

test("services.md §1: a code behind 4 KiB of a body decides as one before", async () => {
  const error = { message: "x".repeat(10_000), code: "context_length_exceeded" };

  expect(await errorOf(httpJson({ error }, 400))).toMatchObject({ code: "context-length" });
});

test("services.md §1: an event of code 400 that tells the length is told as one", async () => {
  const error = { object: "error", message: "The input exceeds the model's context length", code: 400 };

  expect(await errorOf(streamOf({ error }))).toMatchObject({ code: "context-length" });
});

test.each(["error", "abort", "network_error", "insufficient_system_resource"])(
  "services.md §1: finish_reason %s is a failure, never an answer",
  async (reason) => {
    expect(await errorOf(streamOf(choice({ content: "Hi" }), choice({}, reason), "[DONE]"))).toMatchObject({
      code: "server",
      message: expect.stringContaining(reason),
      partial: { text: "Hi" },
    });
  },
);

test.each([
  ["in an event of its own", "\n\n"],
  ["just before the end marker", "\n"],
])("services.md §1: llama.cpp's field `error` %s is a failure, with its words", async (_, end) => {
  const failure = JSON.stringify({ code: 500, message: "slot gave up", type: "server_error" });
  const text = JSON.stringify(choice({ content: "Hi" }, "stop"));
  const body = [`data: ${text}\n\nerror: ${failure}${end}data: [DONE]\n\n`];

  expect(
    await errorOf(httpResponse({ headers: { "content-type": "text/event-stream" }, body })),
  ).toMatchObject({
    code: "server",
    message: expect.stringContaining("slot gave up"),
    partial: { text: "Hi" },
  });
});

test("services.md §1: a failure object on the choice is one, with the server's code and words", async () => {
  const error = { code: 429, message: "slow down" };

  expect(await errorOf(streamOf(choice({ content: "" }, "error", { error }), "[DONE]"))).toMatchObject({
    code: "rate-limit",
    message: expect.stringContaining("slow down"),
  });
});

test.each(["sensitive", "content_filter", "SAFETY", "content_filter: RECITATION", "PROHIBITED_CONTENT"])(
  "services.md §1: finish_reason %s is a filter, before the first text and after it",
  async (reason) => {
    expect(await errorOf(streamOf(choice({}, reason), "[DONE]"))).toMatchObject({ code: "content-filter" });
    await server.close();
    expect(await answerTo(streamOf(choice({ content: "Hi" }), choice({}, reason), "[DONE]"))).toMatchObject({
      text: "Hi",
      finishReason: "content-filter",
    });
  },
);

test("services.md §1: a prompt that Gemini blocks is filtered, not empty", async () => {
  const blocked = { choices: [], promptFeedback: { blockReason: "SAFETY" } };

  expect(await errorOf(streamOf(blocked, "[DONE]"))).toMatchObject({ code: "content-filter" });
});

test.each(["end_turn", "eos", "eos_token", "stop_sequence"])(
  "services.md §1: finish_reason %s is a stop",
  async (reason) => {
    const answer = streamOf(choice({ content: "Hi" }), choice({}, reason), "[DONE]");

    expect(await answerTo(answer)).toMatchObject({ finishReason: "stop" });
  },
);

test.each([{}, { message: "", code: null, type: "" }, ""])(
  "services.md §1: the blank error %j beside a good answer is none",
  async (error) => {
    const answer = streamOf({ ...choice({ content: "Hi" }), error }, choice({}, "stop"), "[DONE]");

    expect((await answerTo(answer)).text).toBe("Hi");
  },
);

test("services.md §1: a window that is full is too long before the first text, and a limit after it", async () => {
  const reason = "model_context_window_exceeded";

  expect(await errorOf(streamOf(choice({}, reason), "[DONE]"))).toMatchObject({ code: "context-length" });
  await server.close();
  expect(await answerTo(streamOf(choice({ content: "Hi" }), choice({}, reason), "[DONE]"))).toMatchObject({
    finishReason: "length",
  });
});

test("services.md §1: a reason that nobody knows is `other`, with the server's word", async () => {
  server = await serve(streamOf(choice({ content: "Hi" }), choice({}, "elephant"), "[DONE]"));
  const parts = [];
  for await (const part of chat(providerFor(server), request)) parts.push(part);

  expect(parts.at(-1)).toMatchObject({ finishReason: "other", rawFinishReason: "elephant" });
});

test("the end of an answer has its id and its headers, but for those that may hold secrets", async () => {
  const body = [`data: ${JSON.stringify(choice({ content: "Hi" }, "stop"))}\n\ndata: [DONE]\n\n`];
  const headers = {
    "content-type": "text/event-stream",
    "x-request-id": "req_1",
    "x-ratelimit-remaining-tokens": "9",
    "set-cookie": "session=private",
    "x-session-token": "private",
    "x-api-key": "private",
  };
  server = await serve(httpResponse({ headers, body }));
  const parts = [];
  for await (const part of chat(providerFor(server), request)) parts.push(part);

  const { response } = parts.at(-1) as {
    readonly response?: { readonly id?: string; readonly headers?: object };
  };
  expect(response?.id).toBe("chatcmpl-1");
  expect(response?.headers).toMatchObject({ "x-request-id": "req_1", "x-ratelimit-remaining-tokens": "9" });
  expect(JSON.stringify(parts)).not.toContain("private");
});

test.each<[string, unknown, Readonly<Record<string, string>>, number]>([
  ["Retry-After", {}, { "retry-after": "2" }, 2_000],
  [
    "OpenAI's durations",
    {},
    { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" },
    360_000,
  ],
  [
    "the limit that is used up, and not the one that has room",
    {},
    {
      "x-ratelimit-remaining-requests": "5",
      "x-ratelimit-reset-requests": "2h",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "1.57s",
    },
    1_570,
  ],
  [
    "Cerebras' seconds of a day",
    {},
    { "x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "33011.382" },
    33_011_382,
  ],
  [
    "Groq's tokens of a minute",
    {},
    {
      "x-ratelimit-remaining-requests": "14370",
      "x-ratelimit-reset-requests": "2m59.56s",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "7.66s",
    },
    7_660,
  ],
  [
    "SambaNova's seconds of a minute",
    {},
    { "x-ratelimit-remaining-requests-minute": "0", "x-ratelimit-reset-requests-minute": "30" },
    30_000,
  ],
  ["the draft's fields", {}, { ratelimit: '"default";r=0;t=30' }, 30_000],
  [
    "Google's RetryInfo",
    [{ error: { code: 429, status: "RESOURCE_EXHAUSTED", details: [{ retryDelay: "46s" }] } }],
    {},
    46_000,
  ],
  [
    "a quota of none",
    [
      {
        error: {
          code: 429,
          details: [{ retryDelay: "1s" }, { violations: [{ quotaId: "x", quotaValue: "0" }] }],
        },
      },
    ],
    {},
    86_400_000,
  ],
  ["Hugging Face's estimated_time", { error: "Model is loading", estimated_time: 20.5 }, {}, 20_500],
])("services.md §2: %s says when to come back", async (_, body, headers, wait) => {
  server = await serve(httpJson(body, 429, headers));

  const error = await failureOf(chat(providerFor(server), request));

  expect(error).toMatchObject({ code: "rate-limit", retryAfterMs: wait, retryAt: expect.any(Date) });
});

test("services.md §2: OpenRouter's reset is a moment, in the headers of its own metadata", async () => {
  const reset = String(Date.now() + 60_000);
  const error = { message: "x", code: 429, metadata: { headers: { "X-RateLimit-Reset": reset } } };

  const { retryAfterMs } = (await errorOf(httpJson({ error }, 429))) as { readonly retryAfterMs: number };

  expect(retryAfterMs).toBeGreaterThan(30_000);
  expect(retryAfterMs).toBeLessThanOrEqual(60_000);
});

test("services.md §2: a quota of the day ends when the day turns, not after the seconds of the minute", async () => {
  const details = [{ retryDelay: "5s" }, { violations: [{ quotaId: "GenerateRequestsPerDayPerProject" }] }];

  const error = await errorOf(httpJson([{ error: { code: 429, details } }], 429));

  expect((error as { readonly retryAfterMs: number }).retryAfterMs).toBeGreaterThanOrEqual(5_000);
  expect((error as { readonly retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(86_400_000);
});

test.each<[string, unknown, string]>([
  ["error.message", { error: { message: "its words" } }, "its words"],
  ["error as a string", { error: "its words" }, "its words"],
  ["a list of one error", [{ error: { message: "its words" } }], "its words"],
  [
    "what is behind OpenRouter",
    { error: { message: "Provider returned error", metadata: { raw: '{"error":{"message":"its words"}}' } } },
    "its words",
  ],
  ["a top-level message", { message: "its words" }, "its words"],
  ["a detail", { detail: "its words" }, "its words"],
  [
    "FastAPI's list",
    { detail: [{ loc: ["body", "seed"], msg: "its words", type: "extra_forbidden" }] },
    "body.seed: its words",
  ],
  ["Cloudflare's list", { success: false, errors: [{ code: 7, message: "its words" }] }, "its words"],
  ["problem details", { title: "Bad", detail: "its words", status: 400 }, "Bad: its words"],
  ["several lines", { error: { message: "its\n  words" } }, "its words"],
])("services.md §3: %s reaches whoever can mend the fault", async (_, body, words) => {
  expect(await errorOf(httpJson(body, 400))).toMatchObject({
    message: expect.stringContaining(`"${words}"`),
  });
});

test("services.md §3: words of 300 characters are told whole, and longer ones are cut there", async () => {
  const words = "long words ".repeat(27).trim();

  const told = (await errorOf(httpJson({ error: { message: words } }, 400))) as Error;
  await server.close();
  const cut = (await errorOf(httpJson({ error: { message: words.repeat(3) } }, 400))) as Error;

  expect(told.message).toContain(`"${words}"`);
  expect(cut.message).toMatch(/…"$/);
});

test("services.md §3: words that repeat the key, another secret or the prompt are told without them", async () => {
  const apiKey = "the-key-that-nobody-sees";
  const content = "the private question of a person";
  const message = `no: ${apiKey}, sk-proj-0123456789abcdefghijklmnop and ${content}`;
  server = await serve(httpJson({ error: { message } }, 400));

  const failure = await failureOf(
    chat(providerFor(server, { apiKey }), { ...request, messages: [{ role: "user", content }] }),
  );

  expect((failure as Error).message).toContain('"no: ');
  expect((failure as Error).message).not.toMatch(/nobody-sees|sk-proj-0|private question/);
});

test("services.md §3: code and words are found in a body that was cut at 64 KiB", async () => {
  const body = { error: { message: "too much", code: "context_length_exceeded", echo: "x".repeat(100_000) } };

  expect(await errorOf(httpJson(body, 400))).toMatchObject({
    code: "context-length",
    message: expect.stringContaining('"too much"'),
  });
});

test("services.md §3: of an error body without an end 64 KiB are read, and no more", async () => {
  const piece = "x".repeat(16 * 1024);
  server = await startFaultServer([
    [
      { read: "request" },
      {
        send: `HTTP/1.1 422 No\r\ncontent-type: application/json\r\n\r\n{"detail":[{"msg":"too much","input":"`,
      },
      ...Array.from({ length: 200 }, () => ({ send: piece })),
    ],
  ]);

  const error = await failureOf(chat(providerFor(server), request));

  expect(error).toMatchObject({ code: "bad-request", status: 422 });
  expect((error as Error).message.length).toBeLessThan(500);
});

test("services.md §3: a refusal is told in the model's words", async () => {
  const answer = streamOf(
    choice({ refusal: "I cannot " }),
    choice({ refusal: "do that." }, "stop"),
    "[DONE]",
  );

  expect(await errorOf(answer)).toMatchObject({
    code: "content-filter",
    message: expect.stringContaining("I cannot do that."),
  });
});

const WISHES: ChatRequest = {
  ...request,
  temperature: 0.5,
  seed: 7,
  presencePenalty: 0.1,
  frequencyPenalty: 0.2,
  maxOutputTokens: 9,
  tools: [
    { name: "one", parameters: { type: "object" }, strict: true },
    { name: "two", parameters: { type: "object" } },
  ],
  toolChoice: { name: "one" },
  parallelToolCalls: false,
};
const GOOD = streamOf(choice({ content: "Hi" }, "stop"), "[DONE]");

test.each<[string, unknown, JsonObject]>([
  [
    "temperature",
    { error: { code: "unsupported_value", param: "temperature", message: "does not support 0.5" } },
    { temperature: undefined, seed: 7 },
  ],
  [
    "max_tokens",
    { error: { code: "unsupported_parameter", param: "max_tokens", message: "use max_completion_tokens" } },
    { max_tokens: undefined, max_completion_tokens: 9 },
  ],
  [
    "presence_penalty",
    { detail: [{ type: "extra_forbidden", loc: ["body", "presence_penalty"], msg: "no" }] },
    { presence_penalty: undefined, frequency_penalty: 0.2 },
  ],
  [
    "frequency_penalty",
    { error: { message: "Unsupported parameter: 'frequency_penalty' is not supported with this model." } },
    { frequency_penalty: undefined, presence_penalty: 0.1 },
  ],
  ["seed", { detail: [{ type: "extra_forbidden", loc: ["body", "seed"], msg: "no" }] }, { seed: undefined }],
  [
    "parallel_tool_calls",
    { error: "parallel_tool_calls is not allowed" },
    { parallel_tool_calls: undefined },
  ],
  ["stream_options", { error: { message: "Unknown field: stream_options" } }, { stream_options: undefined }],
  ["tool_choice", { error: "Invalid tool_choice type: 'object'" }, { tool_choice: "required" }],
])(
  "services.md §4: a refused %s is left out in one more try, and remembered",
  async (name, refusal, sent) => {
    server = await serve(httpJson(refusal, 400), GOOD, GOOD);
    const provider = providerFor(server);

    const first = await chat(provider, WISHES).result();
    const second = await chat(provider, WISHES).result();

    expect(server.requests).toHaveLength(3);
    for (const index of [1, 2]) {
      for (const [field, value] of Object.entries(sent)) expect(sentBody(index)[field]).toEqual(value);
    }
    expect(first.warnings).toEqual(second.warnings);
    expect(first.warnings.some(({ message }) => message.includes(name))).toBe(
      !["max_tokens", "stream_options"].includes(name),
    );
  },
);

test.each([400, 422])(
  "services.md §4: the limit's other name is tried in both directions, by model and not by instance, under %d",
  async (status) => {
    const refusal = (field: string) =>
      httpJson({ error: { code: "unsupported_parameter", param: field, message: `no ${field}` } }, status);
    server = await serve(refusal("max_tokens"), GOOD, GOOD, refusal("max_completion_tokens"), GOOD, GOOD);
    const older = providerFor(server);
    const newer = providerFor(server, { maxCompletionTokens: true });
    const asked: ChatRequest = { ...request, maxOutputTokens: 9 };

    await chat(older, asked).text();
    await chat(older, { ...asked, model: "another" }).text();
    await chat(newer, asked).text();
    await chat(newer, asked).text();

    const names = server.requests.map((_, index) =>
      Object.keys(sentBody(index)).find((name) => /^max_/.test(name)),
    );
    const [short, long] = ["max_tokens", "max_completion_tokens"];
    expect(names).toEqual([short, long, short, long, short, short]);
  },
);

test("services.md §4: `strict` is sent as the caller said it, and not at all where it was not said", async () => {
  server = await serve(GOOD, GOOD);
  const provider = providerFor(server);
  const schema = { type: "object" };

  await chat(provider, { ...WISHES, responseFormat: { type: "json", schema, strict: false } }).text();
  await chat(provider, { ...request, responseFormat: { type: "json", schema } }).text();

  expect(sentBody(0)).toMatchObject({
    response_format: { json_schema: { strict: false } },
    tools: [
      { function: { strict: true } },
      { function: expect.not.objectContaining({ strict: expect.anything() }) },
    ],
  });
  expect(server.requests[1]?.body).not.toContain("strict");
});

test("services.md §4: a named tool that is required alone means the same", async () => {
  server = await serve(httpJson({ error: "Invalid tool_choice type: 'object'" }, 400), GOOD);

  await chat(providerFor(server), WISHES).text();

  expect(sentBody(1)["tools"]).toMatchObject([{ function: { name: "one" } }]);
});

test("services.md §4: `strict` and a `null` content are given up where they are refused", async () => {
  const messages: ChatRequest["messages"] = [
    ...request.messages,
    { role: "assistant", toolCalls: [{ id: "a", name: "one", arguments: "{}" }] },
    { role: "tool", toolCallId: "a", content: "1" },
  ];
  server = await serve(
    httpJson({ error: { param: "tools[0].function.strict", message: "no" } }, 400),
    GOOD,
    httpJson({ detail: [{ loc: ["body", "messages", 1, "content"], msg: "no" }] }, 422),
    GOOD,
  );
  const provider = providerFor(server);

  await chat(provider, { ...WISHES, messages }).text();
  await chat(provider, { ...WISHES, messages }).text();

  expect(server.requests[1]?.body).not.toContain("strict");
  expect(sentBody(2)["messages"]).toMatchObject([{}, { content: null }, {}]);
  expect(sentBody(3)["messages"]).toMatchObject([{}, { content: "" }, {}]);
});

test("services.md §4: one more try is all, for a wish by its name and for that model alone", async () => {
  const refusal = httpJson({ error: { param: "temperature", message: "no" } }, 400);
  server = await serve(refusal, refusal, refusal, GOOD);
  const provider = providerFor(server);

  const failure = await failureOf(chat(provider, { ...request, temperature: 1 }));
  await chat(provider, { ...request, model: "other", temperature: 1 }).text();

  expect(failure).toMatchObject({ code: "bad-request" });
  expect(server.requests.map(({ body }) => JSON.parse(body).temperature)).toEqual([
    1,
    undefined,
    1,
    undefined,
  ]);
});

test("services.md §4: a refusal inside an answer that has begun is not asked again", async () => {
  const error = { code: "unsupported_value", param: "temperature", message: "does not support 0.5" };
  server = await serve(streamOf(choice({ content: "Hi" }), { error }), GOOD);

  expect(await failureOf(chat(providerFor(server), WISHES))).toMatchObject({ partial: { text: "Hi" } });
  expect(server.requests).toHaveLength(1);
});

const LOOP: ChatRequest = {
  ...request,
  messages: [
    ...request.messages,
    {
      role: "assistant",
      toolCalls: [
        { id: `call_${"x".repeat(60)}`, name: "one", arguments: "{}" },
        { id: `call_${"x".repeat(60)}y`, name: "one", arguments: "{}" },
        { id: "abcdefghi", name: "one", arguments: "{}" },
      ],
    },
    { role: "tool", toolCallId: "abcdefghi", content: "3" },
    { role: "tool", toolCallId: `call_${"x".repeat(60)}`, content: "1" },
    { role: "tool", toolCallId: `call_${"x".repeat(60)}y`, content: "2" },
  ],
};

/** The ids of the calls of `LOOP`, and then those of their results, as they were sent. */
function sentIds(index: number): readonly (readonly string[])[] {
  const [, turn, ...results] = sentBody(index)["messages"] as readonly {
    readonly tool_calls: readonly { readonly id: string }[];
    readonly tool_call_id: string;
  }[];
  return [turn?.tool_calls.map(({ id }) => id) ?? [], results.map((result) => result.tool_call_id)];
}

// langchain-ai/langchain #24668, anomalyco/opencode #1680, nearai/ironclaw #1241, zed-industries/zed #53034, Blockether/vis #152
test.each<[string, OpenAISettings, RegExp]>([
  ["Mistral: nine letters or digits", { toolCallIdLength: 9 }, /^[a-zA-Z0-9]{9}$/],
  ["at most 64 characters", { longestToolCallId: 64 }, /^.{1,64}$/],
  ["at most 40 characters", { longestToolCallId: 40 }, /^.{1,40}$/],
])("ids of tool calls are mapped one to one for %s", async (_, settings, shape) => {
  server = await serve(GOOD, GOOD);
  const provider = providerFor(server, settings);
  await chat(provider, LOOP).text();
  await chat(provider, LOOP).text();

  const [[first = "", second = "", third] = [], results] = sentIds(0);
  expect([first, second].every((id) => shape.test(id))).toBe(true);
  expect(first).not.toBe(second);
  expect(third).toBe("abcdefghi");
  expect(results).toEqual(["abcdefghi", first, second]);
  expect(sentIds(1)).toEqual(sentIds(0));
});

test("a server that says nothing of ids gets them as they are, and OpenAI none that is longer than it takes", async () => {
  server = await serve(GOOD, GOOD);
  await chat(providerFor(server), LOOP).text();
  expect(sentIds(0)[0]?.[0]).toHaveLength(65);

  const body = formatBody(LOOP, { provider: "openai", model: "m", dialect: { longestToolCallId: 40 } });
  expect(JSON.stringify(body)).not.toContain("x".repeat(41));
});

test.each<[string, unknown]>([
  [
    "Mistral",
    { message: "Tool call id was call_x but must be a-z, A-Z, 0-9, with a length of 9.", code: "3280" },
  ],
  [
    "OpenAI",
    {
      error: {
        message: "Invalid 'messages[1].tool_calls[0].id': string too long. Expected at most 40 characters.",
        param: "messages[1].tool_calls[0].id",
        code: "string_above_max_length",
      },
    },
  ],
  ["a result", { error: { message: "Invalid 'messages[2].tool_call_id': string too long." } }],
])(
  "ids that the server behind %s refuses are given others in one more try, and remembered",
  async (_, refusal) => {
    server = await serve(httpJson(refusal, 400), GOOD, GOOD);
    const provider = providerFor(server);

    const { warnings } = await chat(provider, LOOP).result();
    await chat(provider, LOOP).text();

    expect(server.requests).toHaveLength(3);
    const [calls = [], results] = sentIds(1);
    expect(calls.every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
    expect(new Set(calls).size).toBe(3);
    expect(results).toEqual([calls[2], calls[0], calls[1]]);
    expect(sentIds(2)).toEqual(sentIds(1));
    expect(warnings).toEqual([]);
  },
);

test("calls that miss their results are no ids to mend", async () => {
  const message =
    "An assistant message with 'tool_calls' must be followed by messages for each 'tool_call_id'";
  server = await serve(httpJson({ error: { message } }, 400));

  expect(await failureOf(chat(providerFor(server), LOOP))).toMatchObject({ code: "bad-request" });
  expect(server.requests).toHaveLength(1);
});

test.each<[string, unknown]>([
  ["no wish", { error: { message: "messages are wrong" } }],
  ["two wishes", { error: { message: "seed and temperature are wrong" } }],
  ["the length", { error: { code: "context_length_exceeded", message: "max_tokens is too large" } }],
])("services.md §4: a refusal that names %s is not asked again", async (_, refusal) => {
  server = await serve(httpJson(refusal, 400));

  await failureOf(chat(providerFor(server), WISHES));

  expect(server.requests).toHaveLength(1);
});

test("services.md §5: Mistral's content lists are text and thoughts, and the rest is ignored", async () => {
  const thinking = [{ type: "text", text: "Hm. " }];
  const answer = streamOf(
    choice({ content: [{ type: "thinking", thinking }] }),
    choice({ content: [{ type: "reference", reference_ids: [1] }] }),
    choice({ content: [{ type: "text", text: "Hi" }] }, "stop"),
    "[DONE]",
  );

  expect(await answerTo(answer)).toMatchObject({ text: "Hi", reasoning: "Hm. " });
});

test("services.md §5: usage inside the choice, DeepSeek's cache and Perplexity's citations are read", async () => {
  const usage = { prompt_tokens: 5, completion_tokens: 2, prompt_cache_hit_tokens: 3 };
  const citations = ["https://sky.example/a", "javascript:alert(1)", "https://sky.example/b"];
  const answer = streamOf(
    { ...choice({ content: "H" }), citations },
    { ...choice({ content: "i" }, "stop", { usage }), citations },
    "[DONE]",
  );

  expect(await answerTo(answer)).toMatchObject({
    text: "Hi",
    usage: { inputTokens: 5, cachedInputTokens: 3 },
    sources: [{ url: "https://sky.example/a" }, { url: "https://sky.example/b" }],
  });
});

test.each<[string, Buffer]>([
  [
    "events under application/json",
    httpResponse({
      headers: { "content-type": "application/json" },
      body: `data: ${JSON.stringify(choice({ content: "Hi" }, "stop"))}\n\ndata: [DONE]\n\n`,
    }),
  ],
  [
    "JSON under text/event-stream",
    httpResponse({
      headers: { "content-type": "text/event-stream" },
      body: JSON.stringify({ choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] }),
    }),
  ],
  [
    "one JSON value although a stream was asked for",
    httpJson({ choices: [{ message: { content: "Hi" }, finish_reason: "stop" }] }),
  ],
])("services.md §5: %s is read", async (_, answer) => {
  expect((await answerTo(answer)).text).toBe("Hi");
});
