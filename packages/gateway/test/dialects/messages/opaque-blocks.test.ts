import type { AssistantMessage, ChatMessage, StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { type MemoryProvider, memoryProvider, registryOf } from "../../case.ts";
import { askMessages, type MessageBlock, messageOf } from "./ask.ts";

const CALL = { type: "tool-call", id: "a", name: "now", arguments: "{}" } as const;
const PARTS: StreamPart[] = [
  { type: "reasoning-delta", delta: "let me " },
  { type: "reasoning-delta", delta: "see", providerData: { one: { signature: "s1" } } },
  { type: "reasoning-delta", delta: "", providerData: { one: { redacted: "r1" } } },
  { ...CALL, providerData: { one: { thoughtSignature: "g1" } } },
  { type: "finish", finishReason: "tool-calls", providerData: { one: { details: ["d1"] } } },
];

async function firstTurn(stream: boolean, provider: MemoryProvider): Promise<readonly MessageBlock[]> {
  const response = await askMessages(createGateway(registryOf(provider)), { stream });
  return (await messageOf(response)).content;
}

async function secondTurn(content: unknown, provider: MemoryProvider): Promise<AssistantMessage> {
  const messages: object[] = [
    { role: "user", content: "When?" },
    { role: "assistant", content },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "12:00" }] },
  ];
  await askMessages(createGateway(registryOf(provider)), { messages });
  return provider.requests.at(-1)?.messages[1] as AssistantMessage & ChatMessage;
}

test.each([
  ["whole", false],
  ["streamed", true],
])(
  "what a provider wrote into an answer that came %s goes back to it through a client",
  async (_, stream) => {
    const provider = memoryProvider("one", PARTS);

    const message = await secondTurn(await firstTurn(stream, provider), provider);

    expect(message).toEqual({
      role: "assistant",
      content: "",
      reasoning: [
        { text: "let me see", providerData: { one: { signature: "s1" } } },
        { text: "", providerData: { one: { redacted: "r1" } } },
      ],
      toolCalls: [
        { id: "a", name: "now", arguments: "{}", providerData: { one: { thoughtSignature: "g1" } } },
      ],
      providerData: { one: { details: ["d1"] } },
    });
  },
);

test.each([false, true])("on the wire every opaque value says who wrote it, streamed: %s", async (stream) => {
  expect(await firstTurn(stream, memoryProvider("one", PARTS))).toEqual([
    { type: "thinking", thinking: "let me see", signature: 'fallthrough:one:{"signature":"s1"}' },
    { type: "redacted_thinking", data: 'fallthrough:one:{"thought":{"redacted":"r1"}}' },
    { type: "redacted_thinking", data: 'fallthrough:one:{"call":{"thoughtSignature":"g1"},"id":"a"}' },
    { type: "tool_use", id: "a", name: "now", input: {} },
    { type: "redacted_thinking", data: 'fallthrough:one:{"message":{"details":["d1"]}}' },
  ]);
});

test("a value without a mark is Anthropic's own, and a mark that was changed is dropped", async () => {
  const message = await secondTurn(
    [
      { type: "thinking", thinking: "theirs", signature: "EqQB" },
      { type: "redacted_thinking", data: "EmwK" },
      { type: "thinking", thinking: "changed", signature: "fallthrough:one:{" },
      { type: "redacted_thinking", data: "fallthrough:one:{" },
      { type: "redacted_thinking", data: 'fallthrough:one:{"call":{"a":1}}' },
    ],
    memoryProvider("one", PARTS),
  );

  expect(message).toEqual({
    role: "assistant",
    content: "",
    reasoning: [
      { text: "theirs", providerData: { anthropic: { signature: "EqQB" } } },
      { text: "", providerData: { anthropic: { redacted_thinking: "EmwK" } } },
      { text: "changed" },
    ],
  });
});
