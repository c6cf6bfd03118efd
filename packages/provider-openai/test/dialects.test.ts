import { ChatError, type ChatRequest, type ChatResult, chat } from "@fallthrough/core";
import { type SocketServer, startReplay } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import { failureOf } from "./failure-of.ts";
import { answerOf, providerFor } from "./serve.ts";

const request: ChatRequest = { model: "any", messages: [{ role: "user", content: "Hello" }] };

const ANSWERS: readonly (readonly [fixture: string, result: Partial<ChatResult>])[] = [
  [
    "openai-text.sse",
    {
      text: "Grüße 👋 aus dem All",
      finishReason: "stop",
      usage: {
        inputTokens: 9,
        outputTokens: 5,
        totalTokens: 14,
        cachedInputTokens: 4,
        reasoningTokens: 2,
      },
      model: "gpt-4o-mini-2024-07-18",
    },
  ],
  [
    "openai-tool-calls.sse",
    {
      text: "",
      toolCalls: [
        { id: "call_1", name: "get_weather", arguments: '{"city":"Oslo"}' },
        { id: "call_2", name: "get_time", arguments: '{"zone":"CET"}' },
      ],
      finishReason: "tool-calls",
    },
  ],
  [
    "ollama-text.sse",
    {
      text: "Hello there",
      reasoning: "Say hello.",
      finishReason: "stop",
      usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 },
      model: "qwen3:8b",
    },
  ],
  [
    "ollama-tool-calls.sse",
    {
      toolCalls: [
        { id: "call_hk81qg8b", name: "run_command", arguments: '{"command":"ls"}' },
        { id: "call_rk2xye1l", name: "run_command", arguments: '{"command":"ls -l"}' },
      ],
      finishReason: "tool-calls",
    },
  ],
  [
    "llamacpp-text.sse",
    {
      text: "Good day",
      reasoning: "We greet.",
      finishReason: "stop",
      usage: { inputTokens: 12, outputTokens: 6, totalTokens: 18 },
      model: "gpt-oss:20b",
    },
  ],
  [
    "vllm-reasoning.sse",
    {
      text: "Done",
      reasoning: "Think. ",
      finishReason: "length",
      usage: { inputTokens: 8, outputTokens: 3, totalTokens: 11 },
      model: "Qwen/Qwen3-8B",
    },
  ],
  [
    "vllm-tool-calls.sse",
    {
      toolCalls: [
        { id: "chatcmpl-tool-c9Zz", name: "add", arguments: '{"a":1,"b":2}' },
        { id: "chatcmpl-tool-HfzZ", name: "negate", arguments: '{"a":3}' },
      ],
      finishReason: "tool-calls",
    },
  ],
  [
    "lmstudio-tool-call.sse",
    {
      text: "Let me look. ",
      toolCalls: [{ id: "365174485", name: "get_delivery_date", arguments: '{"order_id":"123"}' }],
      finishReason: "tool-calls",
    },
  ],
  [
    "openrouter-text.sse",
    {
      text: "It is blue",
      reasoning: "Look it up.",
      sources: [{ url: "https://sky.example/blue", title: "Why" }],
      finishReason: "stop",
      usage: {
        inputTokens: 10,
        outputTokens: 6,
        totalTokens: 16,
        cachedInputTokens: 0,
        reasoningTokens: 3,
      },
      model: "deepseek/deepseek-r1",
    },
  ],
];

const FAILURES: readonly (readonly [fixture: string, status: number, failure: object])[] = [
  ["openai-refusal.sse", 200, { code: "content-filter", partial: undefined }],
  ["llamacpp-context-size.json", 400, { code: "context-length", status: 400 }],
  ["llamacpp-error.sse", 200, { code: "server", partial: { text: "Good ", reasoning: "", toolCalls: [] } }],
  ["vllm-error.sse", 200, { code: "context-length", partial: undefined }],
  ["lmstudio-error.sse", 200, { code: "server", partial: undefined }],
  ["lmstudio-response-format.json", 400, { code: "bad-request", status: 400 }],
  [
    "openrouter-mid-stream-error.sse",
    200,
    { code: "rate-limit", phase: "committed", partial: { text: "It is ", reasoning: "", toolCalls: [] } },
  ],
  ["openrouter-first-error.sse", 200, { code: "server", partial: undefined }],
  ["openrouter-moderation.json", 403, { code: "content-filter", status: 403 }],
];

const PIECES = [undefined, 1, 7];

let server: SocketServer;
afterEach(() => server.close());

test.each(
  PIECES.flatMap((bytesPerPiece) => ANSWERS.map(([fixture, result]) => ({ fixture, bytesPerPiece, result }))),
)("$fixture in pieces of $bytesPerPiece bytes is read whole", async ({ fixture, bytesPerPiece, result }) => {
  server = await startReplay([{ response: answerOf(fixture) }], { bytesPerPiece });
  const provider = providerFor(server);

  const found = await chat(provider, request).result();

  expect(found).toMatchObject(result);
  expect(found.warnings).toEqual([]);
  await provider.close?.();
});

test.each(
  PIECES.flatMap((bytesPerPiece) =>
    FAILURES.map(([fixture, status, failure]) => ({ fixture, bytesPerPiece, status, failure })),
  ),
)(
  "$fixture in pieces of $bytesPerPiece bytes is a failure",
  async ({ fixture, bytesPerPiece, status, failure }) => {
    server = await startReplay([{ response: answerOf(fixture, status) }], { bytesPerPiece });
    const provider = providerFor(server);

    const error = await failureOf(chat(provider, request));

    expect(error).toBeInstanceOf(ChatError);
    expect(error).toMatchObject({ provider: "openai", model: "any", ...failure });
    await provider.close?.();
  },
);
