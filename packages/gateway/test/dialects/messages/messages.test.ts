import { ChatError, type StreamPart } from "@fallthrough/core";
import { createRegistry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { answer, memoryProvider, registryOf, text } from "../../case.ts";
import { askMessages, messageEvents, messageOf } from "./ask.ts";

function gatewayOf(parts: Parameters<typeof memoryProvider>[1]) {
  return createGateway(registryOf(memoryProvider("one", parts)));
}

const CALLS: StreamPart[] = [
  { type: "text-delta", delta: "I look" },
  { type: "tool-call-delta", id: "a", name: "weather", delta: '{"city":' },
  { type: "tool-call-delta", id: "b", name: "now", delta: '{"zo' },
  { type: "tool-call-delta", id: "a", name: "weather", delta: '"Rome"}' },
  { type: "tool-call-delta", id: "b", name: "now", delta: 'ne":"UTC"}' },
  { type: "tool-call", id: "b", name: "now", arguments: '{"zone":"UTC"}' },
  { type: "tool-call", id: "a", name: "weather", arguments: '{"city":"Rome"}' },
  { type: "tool-call", id: "c", name: "here", arguments: "" },
  { type: "source", url: "https://example.org", title: "Wiki" },
  {
    type: "finish",
    finishReason: "tool-calls",
    usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 4, reasoningTokens: 2 },
  },
];

test.each([false, true])(
  "an answer has its blocks in order, its end and its counts, streamed: %s",
  async (stream) => {
    const response = await askMessages(gatewayOf(CALLS), { stream });

    const message = await messageOf(response);

    expect(response.headers.get("request-id")).toBe(response.headers.get("x-request-id"));
    expect(message).toMatchObject({
      type: "message",
      role: "assistant",
      model: "one/model",
      id: expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      content: [
        { type: "text", text: "I look" },
        { type: "tool_use", id: "a", name: "weather", input: { city: "Rome" } },
        { type: "tool_use", id: "b", name: "now", input: { zone: "UTC" } },
        { type: "tool_use", id: "c", name: "here", input: {} },
        { type: "text", text: "", citations: [{ url: "https://example.org", title: "Wiki" }] },
      ],
      stop_reason: "tool_use",
      stop_sequence: null,
      usage: {
        input_tokens: 6,
        output_tokens: 5,
        cache_read_input_tokens: 4,
        output_tokens_details: { thinking_tokens: 2 },
      },
    });
  },
);

test("calls that come interleaved are told one after the other, each piece as soon as it can be", async () => {
  const events = messageEvents(await (await askMessages(gatewayOf(CALLS), { stream: true })).text());

  expect(events.map(({ type, index }) => (index === undefined ? type : `${type} ${index}`))).toEqual([
    "message_start",
    "content_block_start 0",
    "content_block_delta 0",
    "content_block_stop 0",
    "content_block_start 1",
    "content_block_delta 1",
    "content_block_delta 1",
    "content_block_stop 1",
    "content_block_start 2",
    "content_block_delta 2",
    "content_block_delta 2",
    "content_block_stop 2",
    "content_block_start 3",
    "content_block_stop 3",
    "content_block_start 4",
    "content_block_delta 4",
    "content_block_stop 4",
    "message_delta",
    "message_stop",
  ]);
});

test.each<[Partial<StreamPart & { type: "finish" }>, string]>([
  [{ finishReason: "stop" }, "end_turn"],
  [{ finishReason: "length" }, "max_tokens"],
  [{ finishReason: "content-filter" }, "refusal"],
  [{ finishReason: "other", rawFinishReason: "SAFETY" }, "end_turn"],
  [{ finishReason: "stop", rawFinishReason: "stop_sequence" }, "stop_sequence"],
  [
    { finishReason: "length", rawFinishReason: "model_context_window_exceeded" },
    "model_context_window_exceeded",
  ],
])("an answer that ends with %j has the reason %s", async (finish, reason) => {
  const parts: StreamPart[] = [...text("hi"), { type: "finish", finishReason: "stop", ...finish }];

  for (const stream of [false, true]) {
    const message = await messageOf(await askMessages(gatewayOf(parts), { stream }));
    expect(message).toMatchObject({ stop_reason: reason, usage: { input_tokens: 0, output_tokens: 0 } });
  }
});

test("a call that the limit cut is not given whole, and in a stream its block is closed", async () => {
  const parts: StreamPart[] = [
    ...text("hi"),
    { type: "tool-call-delta", id: "a", name: "now", delta: '{"zo' },
    { type: "finish", finishReason: "length" },
  ];

  const whole = await messageOf(await askMessages(gatewayOf(parts)));
  const stream = messageEvents(await (await askMessages(gatewayOf(parts), { stream: true })).text());

  expect(whole.content).toEqual([{ type: "text", text: "hi" }]);
  expect(stream.slice(-3)).toMatchObject([
    { type: "content_block_stop", index: 1 },
    { type: "message_delta", delta: { stop_reason: "max_tokens" } },
    { type: "message_stop" },
  ]);
});

test.each([["[1]"], ["{"], ["12"]])(
  "arguments %s that are no object stand in one, with a warning",
  async (given) => {
    const parts: StreamPart[] = [
      { type: "tool-call", id: "a", name: "now", arguments: given },
      { type: "finish", finishReason: "tool-calls" },
    ];

    const message = await messageOf(await askMessages(gatewayOf(parts)));

    expect(message.content).toMatchObject([{ type: "tool_use", input: { arguments: given } }]);
    expect(message["warnings"]).toMatchObject([
      { code: "adjusted", message: expect.stringContaining("`now`") },
    ]);
  },
);

test.each([false, true])("what was left out stands beside the answer, streamed: %s", async (stream) => {
  const tools = [{ type: "web_search_20250305", name: "web_search" }];
  const parts: StreamPart[] = [{ type: "warning", code: "unsupported", message: "no seed" }, ...answer("hi")];

  const response = await askMessages(gatewayOf(parts), { stream, tools });

  const told = stream ? messageEvents(await response.text()).at(-2) : await messageOf(response);
  expect(told?.["warnings"]).toMatchObject([
    { message: expect.stringContaining("`web_search`") },
    { message: "no seed" },
  ]);
});

test("a failure after some text is an error event, and never the end of a turn", async () => {
  const parts = [...text("half"), new ChatError("interrupted", "cut")];

  const events = messageEvents(await (await askMessages(gatewayOf(parts), { stream: true })).text());

  expect(events.map(({ type }) => type)).toEqual([
    "message_start",
    "content_block_start",
    "content_block_delta",
    "error",
  ]);
  expect(events.at(-1)).toMatchObject({
    error: {
      type: "api_error",
      message: expect.stringContaining("interrupted"),
      details: { provider: "one" },
    },
  });
});

test.each([
  ["rate-limit", 429, "rate_limit_error"],
  ["server", 502, "api_error"],
  ["offline", 529, "overloaded_error"],
  ["timeout", 504, "timeout_error"],
  ["auth", 502, "api_error"],
  ["not-found", 404, "not_found_error"],
  ["context-length", 400, "invalid_request_error"],
  ["bad-request", 400, "invalid_request_error"],
] as const)("a failure of code %s before the first byte is a %d of type %s", async (code, status, type) => {
  const response = await askMessages(gatewayOf([new ChatError(code, "its words")]), { stream: true });

  expect(response.status).toBe(status);
  expect(response.headers.get("x-should-retry")).toBe("false");
  expect(await response.json()).toMatchObject({ type: "error", error: { type } });
});

test("a conversation that is too long is told in the words that clients look for", async () => {
  const response = await askMessages(gatewayOf([new ChatError("context-length", "8192 at most")]));

  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toMatch(/^prompt is too long: .*8192 at most/s);
});

test("a document that nobody can carry is refused in the protocol's own shape", async () => {
  const models = [{ id: "model", capabilities: { files: false } }];
  const gateway = createGateway(registryOf(memoryProvider("one", answer("never"), models)));
  const source = { type: "base64", media_type: "application/pdf", data: "JVBERi0" };

  const response = await askMessages(gateway, {
    messages: [{ role: "user", content: [{ type: "document", source }] }],
  });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    type: "error",
    error: { type: "invalid_request_error", details: { code: "unsupported" } },
  });
});

test("both versions, any beta and both ways to send the key are taken, and another key is refused", async () => {
  const gateway = createGateway(registryOf(memoryProvider("one", answer("hi"))), { token: "a-token" });
  const at = async (headers: Record<string, string>, path = "/v1/messages?beta=true") =>
    (await askMessages(gateway, {}, headers, path)).status;

  expect(await at({ "x-api-key": "a-token", "anthropic-beta": "any-2030-01-01" })).toBe(200);
  expect(await at({ authorization: "Bearer a-token", "anthropic-version": "2026-10-21" })).toBe(200);
  expect(await at({ "x-api-key": "another" })).toBe(401);
  const refused = await askMessages(gateway);
  expect(await refused.json()).toMatchObject({ type: "error", error: { type: "authentication_error" } });
});

test("names of Claude's models go where the aliases say", async () => {
  const providers = [memoryProvider("one", answer("hi"))];
  const gateway = createGateway(createRegistry({ providers, aliases: { "claude-*": "auto" } }));

  const { model } = await messageOf(await askMessages(gateway, { model: "claude-haiku-4-5" }));

  expect(model).toBe("one/model");
});

test("tokens are counted by characters, without asking anybody", async () => {
  const provider = memoryProvider("one", answer("hi"));
  const gateway = createGateway(registryOf(provider));
  const count = (body: object) => askMessages(gateway, body, {}, "/v1/messages/count_tokens");

  const response = await count({
    system: "a".repeat(35),
    messages: [{ role: "user", content: "a".repeat(35) }],
  });
  const unknown = await count({ model: "none" });
  const wrong = await count({ messages: [] });

  expect(await response.json()).toEqual({ input_tokens: 20 });
  expect(provider.requests).toEqual([]);
  expect([unknown.status, wrong.status]).toEqual([404, 400]);
  expect(await wrong.json()).toMatchObject({ type: "error", error: { type: "invalid_request_error" } });
});
