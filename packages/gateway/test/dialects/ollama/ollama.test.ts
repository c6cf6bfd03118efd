import { type AssistantMessage, ChatError, type StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { answer, type MemoryProvider, memoryProvider, registryOf, text } from "../../case.ts";
import { askOllama, type Line, linesOf } from "./ask.ts";

function gatewayOf(parts: Parameters<typeof memoryProvider>[1]) {
  return createGateway(registryOf(memoryProvider("one", parts)));
}

const PARTS: StreamPart[] = [
  { type: "reasoning-delta", delta: "hm" },
  { type: "text-delta", delta: "I " },
  { type: "text-delta", delta: "look\u2028" },
  { type: "tool-call-delta", id: "a", name: "weather", delta: '{"city":' },
  { type: "tool-call", id: "a", name: "weather", arguments: '{"city":"Rome"}' },
  { type: "tool-call", id: "b", name: "now", arguments: "" },
  { type: "finish", finishReason: "tool-calls", usage: { inputTokens: 10, outputTokens: 5 } },
];
const CALLS = [
  { id: "a", function: { index: 0, name: "weather", arguments: { city: "Rome" } } },
  { id: "b", function: { index: 1, name: "now", arguments: {} } },
];

test("an answer streams as lines, with its calls whole and its counts at the end", async () => {
  const response = await askOllama(gatewayOf(PARTS));

  expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  const head = { model: "one/model", created_at: expect.stringMatching(/^\d{4}-.*Z$/) };
  expect(await linesOf(response)).toEqual([
    { ...head, message: { role: "assistant", content: "", thinking: "hm" }, done: false },
    { ...head, message: { role: "assistant", content: "I " }, done: false },
    { ...head, message: { role: "assistant", content: "look\u2028" }, done: false },
    { ...head, message: { role: "assistant", content: "", tool_calls: [CALLS[0]] }, done: false },
    { ...head, message: { role: "assistant", content: "", tool_calls: [CALLS[1]] }, done: false },
    {
      ...head,
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "stop",
      total_duration: expect.any(Number),
      load_duration: 0,
      prompt_eval_count: 10,
      eval_count: 5,
      eval_duration: expect.any(Number),
    },
  ]);
});

test("a whole answer is one object", async () => {
  const response = await askOllama(gatewayOf(PARTS), { stream: false });

  expect(await response.json()).toMatchObject({
    model: "one/model",
    message: { role: "assistant", content: "I look\u2028", thinking: "hm", tool_calls: CALLS },
    done: true,
    done_reason: "stop",
    prompt_eval_count: 10,
    eval_count: 5,
  });
});

test("a single prompt is answered in its own form", async () => {
  const gateway = gatewayOf(PARTS.filter(({ type }) => !type.startsWith("tool")));

  const streamed = await linesOf(await askOllama(gateway, { prompt: "hi" }, "/api/generate"));
  const whole = (await (
    await askOllama(gateway, { prompt: "hi", stream: false }, "/api/generate")
  ).json()) as Line;

  expect(streamed.map(({ response, thinking, done }) => ({ response, thinking, done }))).toEqual([
    { response: "", thinking: "hm", done: false },
    { response: "I ", done: false },
    { response: "look\u2028", done: false },
    { response: "", done: true },
  ]);
  expect(whole).toMatchObject({ response: "I look\u2028", thinking: "hm", done: true });
});

test.each([
  ["length", "length"],
  ["content-filter", "content_filter"],
  ["other", "stop"],
] as const)("an answer that ends with %s has the reason %s", async (finishReason, reason) => {
  const lines = await linesOf(await askOllama(gatewayOf([...text("hi"), { type: "finish", finishReason }])));

  expect(lines.at(-1)).toMatchObject({ done: true, done_reason: reason });
  expect(lines.at(-1)).not.toHaveProperty("eval_count");
});

test.each([
  ["/api/chat", { messages: [] }, "load"],
  ["/api/chat", { messages: [], keep_alive: 0 }, "unload"],
  ["/api/generate", {}, "load"],
  ["/api/generate", { keep_alive: "0s" }, "unload"],
])("%s with %j asks nobody, and says %s", async (path, body, reason) => {
  const provider = memoryProvider("one", answer("never"));

  const response = await askOllama(createGateway(registryOf(provider)), body, path);

  expect(await response.json()).toMatchObject({ model: "auto", done: true, done_reason: reason });
  expect(provider.requests).toEqual([]);
});

test("a model that is unknown is a 404, also where it were only loaded", async () => {
  const asked = await askOllama(gatewayOf(answer("never")), { model: "none" });
  const loaded = await askOllama(gatewayOf(answer("never")), { model: "none", messages: [] });

  expect([asked.status, loaded.status]).toEqual([404, 404]);
  expect(await asked.json()).toMatchObject({ error: expect.stringContaining('unknown model "none"') });
});

test("a failure is a text under `error`, before the first line with a status, behind it as a line", async () => {
  const before = await askOllama(gatewayOf([new ChatError("rate-limit", "no")]));
  const after = await linesOf(
    await askOllama(gatewayOf([...text("half"), new ChatError("interrupted", "cut")])),
  );

  expect(before.status).toBe(429);
  expect(await before.json()).toMatchObject({
    error: expect.stringContaining("rate-limit"),
    code: "rate-limit",
  });
  expect(after).toHaveLength(2);
  expect(after.at(-1)).toMatchObject({ error: expect.stringContaining("interrupted"), provider: "one" });
  expect(after.at(-1)).not.toHaveProperty("done");
});

test.each([true, false])(
  "what was left out and what was cited stand beside the answer, streamed: %s",
  async (stream) => {
    const parts: StreamPart[] = [
      { type: "warning", code: "unsupported", message: "no seed" },
      { type: "source", url: "https://example.org", title: "Wiki" },
      ...answer("hi"),
    ];

    const response = await askOllama(gatewayOf(parts), { stream });

    const last = stream ? (await linesOf(response)).at(-1) : ((await response.json()) as Line);
    expect(last).toMatchObject({
      warnings: [{ code: "unsupported", message: "no seed" }],
      sources: [{ url: "https://example.org", title: "Wiki" }],
    });
  },
);

const THOUGHTFUL: StreamPart[] = [
  { type: "reasoning-delta", delta: "let me " },
  { type: "reasoning-delta", delta: "see", providerData: { one: { signature: "s1" } } },
  { type: "tool-call", id: "a", name: "now", arguments: "{}", providerData: { one: { call: "c1" } } },
  { type: "finish", finishReason: "tool-calls", providerData: { one: { details: "d1" } } },
];

async function secondTurn(stream: boolean, provider: MemoryProvider): Promise<AssistantMessage> {
  const gateway = createGateway(registryOf(provider));
  const response = await askOllama(gateway, { stream });
  const lines = stream ? await linesOf(response) : [(await response.json()) as Line];
  // what a client does that keeps every field of every piece
  const message = Object.assign({}, ...lines.map((line) => line["message"]));
  const calls = lines.flatMap((line) => (line["message"] as { tool_calls?: object[] }).tool_calls ?? []);
  await askOllama(gateway, {
    messages: [
      { role: "user", content: "When?" },
      { ...message, tool_calls: calls },
      { role: "tool", tool_name: "now", content: "12:00" },
    ],
  });
  return provider.requests.at(-1)?.messages[1] as AssistantMessage;
}

test.each([true, false])(
  "what only its writer understands makes the round trip, streamed: %s",
  async (stream) => {
    const message = await secondTurn(stream, memoryProvider("one", THOUGHTFUL));

    expect(message).toMatchObject({
      reasoning: [{ text: "let me see", providerData: { one: { signature: "s1" } } }],
      toolCalls: [{ id: "a", name: "now", providerData: { one: { call: "c1" } } }],
      providerData: { one: { details: "d1" } },
    });
  },
);
