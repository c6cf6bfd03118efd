import { ChatError, type ChatRequest, chat, type StreamPart } from "@fallthrough/core";
import { forwardOf } from "@fallthrough/core/internal";
import {
  httpJson,
  httpResponse,
  type SocketServer,
  startFaultServer,
  startUpstreams,
} from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { createOpenAI, defineOpenAICompatible, type OpenAISettings } from "../src/index.ts";
import { failureOf } from "./failure-of.ts";
import { providerFor, serve, streamOf } from "./serve.ts";

const QUESTION = "Is it blue?";
const request: ChatRequest = { model: "llama3.2", messages: [{ role: "user", content: QUESTION }] };
const STREAM = { "content-type": "text/event-stream" };
const ANSWER = streamOf(delta("Hi"), delta("", "stop"), "[DONE]");

let server: SocketServer;
afterEach(() => server?.close());

function delta(content: string, finish_reason: string | null = null): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason }] };
}

function sentBodies(): readonly { readonly [name: string]: unknown }[] {
  return server.requests.map(({ body }) => JSON.parse(body));
}

test("an answer streams from a server that speaks the API", async () => {
  const upstreams = await startUpstreams();
  const { baseURL } = upstreams.openai;
  let answer = "";

  // #region use
  const ollama = createOpenAI({ id: "ollama", baseURL });
  const reply = chat(ollama, { model: "llama3.2", messages: [{ role: "user", content: "Is it blue?" }] });
  for await (const text of reply.textStream) answer += text;
  // #endregion

  const { usage, model, finishReason } = await reply.result();
  expect(answer).toBe(upstreams.answerTo(QUESTION));
  expect({ usage, model, finishReason }).toMatchObject({
    usage: { inputTokens: 7, outputTokens: 11, totalTokens: 18 },
    model: "llama3.2",
    finishReason: "stop",
  });
  await ollama.close?.();
  await upstreams.close();
});

test("the models of the server are listed, and the first answers where none is named", async () => {
  const upstreams = await startUpstreams();
  const { baseURL, requests } = upstreams.openai;
  const provider = createOpenAI({ baseURL });

  const models = await provider.listModels?.();
  const { model } = await chat(provider, { messages: request.messages }).result();
  await chat(provider, { messages: request.messages }).text();

  expect(models).toEqual([{ id: "llama3.2" }, { id: "qwen3" }]);
  expect(model).toBe("llama3.2");
  expect(requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /v1/models",
    "GET /v1/models",
    "POST /v1/chat/completions",
    "POST /v1/chat/completions",
  ]);
  await provider.close?.();
  await upstreams.close();
});

test("a model that is gone is looked for anew", async () => {
  server = await serve(
    httpJson({ data: [{ id: "old" }] }),
    httpJson({ error: { message: "model 'old' not found" } }, 404),
    httpJson({ data: [{ id: "new" }] }),
    ANSWER,
  );
  const provider = providerFor(server);
  const { messages } = request;

  await expect(chat(provider, { messages }).text()).rejects.toMatchObject({ code: "not-found" });
  expect(await chat(provider, { messages }).text()).toBe("Hi");

  expect(server.requests.map(({ body }) => body && JSON.parse(body).model)).toEqual(["", "old", "", "new"]);
  await provider.close?.();
});

test.each<[string, OpenAISettings, readonly Buffer[]]>([
  ["a server with a key", { apiKey: "abcd" }, []],
  ["a server without a model", {}, [httpJson({ data: [] })]],
])("%s has to be asked with the name of a model", async (_, settings, answers) => {
  server = await serve(...answers);
  const provider = providerFor(server, settings);

  await expect(chat(provider, { messages: request.messages }).text()).rejects.toMatchObject({
    code: "config",
  });

  expect(server.requests).toHaveLength(answers.length);
  await provider.close?.();
});

test("an answer that comes as JSON is read as one", async () => {
  const message = {
    role: "assistant",
    content: "Hi",
    reasoning_content: "Hm",
    tool_calls: [{ id: "a", type: "function", function: { name: "one", arguments: "{}" } }],
  };
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  server = await serve(
    httpJson({ model: "m", choices: [{ index: 0, message, finish_reason: "stop" }], usage }),
  );
  const provider = providerFor(server);

  expect(await chat(provider, request).result()).toMatchObject({
    text: "Hi",
    reasoning: "Hm",
    toolCalls: [{ id: "a", name: "one", arguments: "{}" }],
    finishReason: "tool-calls",
    usage: { totalTokens: 3 },
    model: "m",
  });
  await provider.close?.();
});

test.each<[string, Buffer, object]>([
  ["an error in JSON with a success status", httpJson({ error: { code: 429 } }), { code: "rate-limit" }],
  [
    "an error in JSON that claims to be a stream",
    httpResponse({ headers: STREAM, body: '{"error":{"code":"insufficient_quota"}}' }),
    { code: "payment" },
  ],
  ["JSON of another shape", httpJson({ answer: "Hi" }), { code: "protocol" }],
  ["a page", httpResponse({ headers: { "content-type": "text/html" }, body: "<html>" }), { code: "blocked" }],
  ["nothing", httpResponse({ headers: STREAM }), { code: "empty" }],
  ["an end marker alone", streamOf("[DONE]"), { code: "empty" }],
  ["an event that is no JSON", streamOf("{oops}"), { code: "protocol" }],
  ["an end without its marker", streamOf(delta("Hi")), { code: "interrupted", partial: { text: "Hi" } }],
  [
    "a tool call that was cut",
    streamOf({
      choices: [{ delta: { tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: "{" } }] } }],
    }),
    { code: "interrupted", partial: { toolCalls: [] } },
  ],
  [
    "a tool call that was cut for no told reason",
    streamOf(
      {
        choices: [
          {
            delta: { tool_calls: [{ index: 0, id: "a", function: { name: "f", arguments: '{"x":' } }] },
          },
        ],
      },
      "[DONE]",
    ),
    { code: "interrupted", partial: { toolCalls: [] } },
  ],
  ["a quota", httpJson({ error: { code: "insufficient_quota" } }, 429), { code: "payment", scope: "key" }],
  [
    "a limit",
    httpJson({ error: { code: "rate_limit_exceeded" } }, 429, { "retry-after": "2" }),
    { code: "rate-limit", retryAfterMs: 2000 },
  ],
  ["no detail", httpJson({ detail: "Not Found" }, 404), { code: "not-found", status: 404 }],
])("%s is a failure", async (_, answer, failure) => {
  server = await serve(answer);
  const provider = providerFor(server);

  const error = await failureOf(chat(provider, request));

  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject(failure);
  await provider.close?.();
});

test("the words of the server stand in the error, and the prompt does not", async () => {
  const message = `max_tokens is too large for ${QUESTION}`;
  server = await serve(httpJson({ error: { message } }, 400));
  const provider = providerFor(server);

  const error = await failureOf(chat(provider, request));

  expect(String(error)).toBe(
    'ChatError: [openai] POST /v1/chat/completions answered 400 (application/json), saying "max_tokens is too large for [redacted]"',
  );
  await provider.close?.();
});

test.each([
  ["a reason to stop", streamOf(delta("Hi"), delta("", "length")), "length"],
  ["an end marker", streamOf(delta("Hi"), "[DONE]"), "other"],
])("%s alone ends the answer", async (_, answer, finishReason) => {
  server = await serve(answer);
  const provider = providerFor(server);

  expect(await chat(provider, request).result()).toMatchObject({ text: "Hi", finishReason });
  await provider.close?.();
});

test("nothing behind the end marker is waited for, and the socket is closed", async () => {
  const stream = `data: ${JSON.stringify(delta("Hi"))}\n\ndata: [DONE]\n\n`;
  const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
  server = await startFaultServer([[{ read: "request" }, { send: head + stream }, { hold: true }]]);
  const provider = providerFor(server);

  expect(await chat(provider, request).text()).toBe("Hi");
  await server.closed();
});

test.each([
  [
    "an error",
    httpJson({ error: { message: "Unknown field stream_options", param: "stream_options" } }, 400),
  ],
  ["a list", httpJson({ detail: [{ type: "extra_forbidden", loc: ["body", "stream_options"] }] }, 422)],
])(
  "a server that rejects the question for usage with %s is asked without it from then on",
  async (_, refusal) => {
    server = await serve(refusal, ANSWER, ANSWER);
    const provider = providerFor(server);

    expect(await chat(provider, request).text()).toBe("Hi");
    expect(await chat(provider, request).text()).toBe("Hi");

    expect(sentBodies().map((body) => "stream_options" in body)).toEqual([true, false, false]);
    await provider.close?.();
  },
);

test("a server that rejects something else is not asked again", async () => {
  server = await serve(httpJson({ error: { message: "no" } }, 400));
  const provider = providerFor(server);

  await expect(chat(provider, request).text()).rejects.toMatchObject({ code: "bad-request" });
  expect(server.requests).toHaveLength(1);
  await provider.close?.();
});

test("extra fields are sent, and those that the call relies on are a warning", async () => {
  server = await serve(ANSWER);
  const provider = providerFor(server, { id: "mine" });
  const providerOptions = { mine: { extraBody: { top_k: 4, stream: false }, other: 1 } };

  const { warnings } = await chat(provider, { ...request, temperature: 0, providerOptions }).result();

  expect(sentBodies()[0]).toMatchObject({ top_k: 4, temperature: 0, stream: true });
  expect(warnings.map(({ code }) => code)).toEqual(["unsupported", "unsupported"]);
  await provider.close?.();
});

test("leaving the stream closes the socket", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
  const event = `data: ${JSON.stringify(delta("Hi"))}\n\n`;
  server = await startFaultServer([[{ read: "request" }, { send: head }, { repeat: event, everyMs: 5 }]]);
  const provider = providerFor(server);
  const parts: StreamPart[] = [];

  for await (const part of chat(provider, request)) {
    parts.push(part);
    if (parts.length === 2) break;
  }

  await server.closed();
  expect(parts).toEqual([
    { type: "text-delta", delta: "Hi" },
    { type: "text-delta", delta: "Hi" },
  ]);
});

test("an aborted call rejects with the caller's reason while the models are asked for", async () => {
  server = await startFaultServer([[{ read: "request" }, { hold: true }]]);
  const provider = providerFor(server);
  const controller = new AbortController();
  const reason = new Error("enough");

  const reply = chat(provider, { messages: request.messages, signal: controller.signal }).text();
  setTimeout(() => controller.abort(reason), 20);

  await expect(reply).rejects.toBe(reason);
  await server.closed();
});

test("a provider of one's own is a manifest and the facts of its server", async () => {
  server = await serve(ANSWER);
  const baseURL = `${server.origin}/v1`;
  const status = { state: "active", checked: "2026-11-21" };
  const card = { specificationVersion: 1, id: "acme", name: "Acme", status, models: [{ id: "acme-1" }] };
  const manifest = { fallthrough: card };

  // #region define
  const createAcme = defineOpenAICompatible({ manifest, baseURL, streamUsage: false });
  // #endregion

  const acme = createAcme();
  expect(acme).toMatchObject({ id: "acme", status });
  expect(await chat(acme, { messages: request.messages }).text()).toBe("Hi");
  expect(sentBodies()).toEqual([{ model: "acme-1", messages: request.messages, stream: true }]);
  await acme.close?.();
});

const CUT_CALL = { index: 0, id: "a", type: "function", function: { name: "look", arguments: '{"at":' } };

test("a whole answer with a cut tool call is given without the call where the server says `length`", async () => {
  const function_ = { name: "look", arguments: '{"at":' };
  const message = { content: "Look: ", tool_calls: [{ id: "a", type: "function", function: function_ }] };
  server = await serve(httpJson({ choices: [{ index: 0, message, finish_reason: "length" }] }));

  const { text, toolCalls, finishReason } = await chat(providerFor(server), request).result();

  expect({ text, toolCalls, finishReason }).toEqual({
    text: "Look: ",
    toolCalls: [],
    finishReason: "length",
  });
});

test.each([
  ["nothing", []],
  ["blank text", [delta(" ")]],
  ["reasoning alone", [{ choices: [{ index: 0, delta: { reasoning_content: "Let me see" } }] }]],
  ["a cut tool call alone", [{ choices: [{ index: 0, delta: { tool_calls: [CUT_CALL] } }] }]],
])("%s is an answer where the server says `length`", async (_, events) => {
  server = await serve(streamOf(...events, delta("", "length"), "[DONE]"));

  const { text, toolCalls, finishReason } = await chat(providerFor(server), request).result();

  expect({ text: text.trim(), toolCalls, finishReason }).toEqual({
    text: "",
    toolCalls: [],
    finishReason: "length",
  });
});

test("fields of another protocol never reach the server, and a warning names them", async () => {
  server = await serve(ANSWER, ANSWER);
  const extended: ChatRequest = { ...request, extraFields: { thinking: { type: "adaptive" } } };

  const foreign = await chat(providerFor(server), { ...extended, protocol: "messages" }).result();
  const own = await chat(providerFor(server), { ...extended, protocol: "chat-completions" }).result();

  expect(sentBodies().map(({ thinking }) => thinking)).toEqual([undefined, { type: "adaptive" }]);
  expect(foreign.warnings).toEqual([
    { code: "unsupported", message: "fields of another protocol were left out: `thinking`" },
  ]);
  expect(own.warnings).toEqual([]);
});

test.each([
  [true, httpJson({ choices: [] })],
  [false, ANSWER],
])("what is passed on is answered in the form that was asked for, a stream: %s", async (stream, answer) => {
  server = await serve(answer);
  const forward = forwardOf(providerFor(server));
  const pieces: string[] = [];

  const failure = await (async () => {
    for await (const piece of forward?.({ path: "/completions", body: "{}", stream }) ?? [])
      pieces.push(piece);
  })().catch((error: unknown) => error);

  expect(failure).toMatchObject({ code: "protocol", provider: "openai" });
  expect(pieces).toEqual([]);
});
