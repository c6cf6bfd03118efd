import type { AssistantMessage, ChatMessage, StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createGateway } from "../../../src/index.ts";
import { eventsOf, type MemoryProvider, memoryProvider, post, registryOf } from "../../case.ts";

const CALL = { type: "tool-call", id: "a", name: "now", arguments: "{}" } as const;
const DETAILS = [
  { type: "reasoning.encrypted", data: "c2VjcmV0", id: "r1", index: 0 },
  { type: "reasoning.summary", summary: "it thought", index: 1 },
];
const PARTS: StreamPart[] = [
  { type: "reasoning-delta", delta: "let me " },
  { type: "reasoning-delta", delta: "see", providerData: { one: { signature: "s1" } } },
  { ...CALL, providerData: { one: { extra_content: { google: { thought_signature: "g1" } }, own: 7 } } },
  {
    type: "finish",
    finishReason: "tool-calls",
    providerData: { one: { reasoning_details: DETAILS, reasoning_field: "reasoning" } },
  },
];

/** The message of a client that puts the deltas of a stream together and keeps what it does not understand. */
function joinDeltas(stream: string): Record<string, unknown> {
  const message: Record<string, unknown> = { role: "assistant", content: null };
  for (const event of eventsOf(stream) as { choices?: { delta: Record<string, unknown> }[] }[]) {
    const { reasoning_content, reasoning_details, tool_calls } = event.choices?.[0]?.delta ?? {};
    if (typeof reasoning_content === "string") {
      message["reasoning_content"] = `${message["reasoning_content"] ?? ""}${reasoning_content}`;
    }
    if (Array.isArray(reasoning_details)) {
      message["reasoning_details"] = [...((message["reasoning_details"] as []) ?? []), ...reasoning_details];
    }
    if (Array.isArray(tool_calls)) message["tool_calls"] = tool_calls.map(({ index: _, ...call }) => call);
  }
  return message;
}

async function firstTurn(stream: boolean, provider: MemoryProvider): Promise<Record<string, unknown>> {
  const response = await post(createGateway(registryOf(provider)), { stream });
  if (stream) return joinDeltas(await response.text());
  const { choices } = (await response.json()) as { choices: { message: Record<string, unknown> }[] };
  return choices[0]?.message ?? {};
}

async function secondTurn(message: object, provider: MemoryProvider): Promise<AssistantMessage> {
  const messages: object[] = [
    { role: "user", content: "When?" },
    message,
    { role: "tool", tool_call_id: "a", content: "12:00" },
  ];
  await post(createGateway(registryOf(provider)), { messages });
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
      reasoning: [{ text: "let me see", providerData: { one: { signature: "s1" } } }],
      toolCalls: [
        {
          id: "a",
          name: "now",
          arguments: "{}",
          providerData: { one: { extra_content: { google: { thought_signature: "g1" } }, own: 7 } },
        },
      ],
      providerData: { one: { reasoning_details: DETAILS, reasoning_field: "reasoning" } },
    });
  },
);

test("services.md §5: on the wire every opaque value says who wrote it, and plain text stays as it is", async () => {
  const message = await firstTurn(false, memoryProvider("one", PARTS));

  expect(message).toMatchObject({
    reasoning_content: "let me see",
    reasoning_details: [
      { type: "reasoning.text", text: "let me see", signature: 'fallthrough:one:{"signature":"s1"}' },
      { type: "reasoning.encrypted", data: "fallthrough:one:c2VjcmV0", index: 0 },
      { type: "reasoning.summary", summary: "it thought", id: "fallthrough:one:", index: 1 },
      { type: "reasoning.encrypted", data: 'fallthrough:one:{"reasoning_field":"reasoning"}' },
    ],
    tool_calls: [{ extra_content: { google: { thought_signature: "fallthrough:one:g1" } } }],
  });
});

test("a value without a mark travels as a field that nobody knows, and a mark that was changed is dropped", async () => {
  const message = await secondTurn(
    {
      role: "assistant",
      reasoning_details: [
        { type: "reasoning.encrypted", format: "fallthrough", data: "fallthrough:one:{" },
        { type: "reasoning.encrypted", data: "elsewhere" },
      ],
      tool_calls: [
        {
          id: "a",
          type: "function",
          function: { name: "now", arguments: "{}" },
          extra_content: { google: { thought_signature: "g2" } },
        },
      ],
    },
    memoryProvider("one", PARTS),
  );

  expect(message).toEqual({
    role: "assistant",
    content: "",
    extraFields: { reasoning_details: [{ type: "reasoning.encrypted", data: "elsewhere" }] },
    toolCalls: [
      {
        id: "a",
        name: "now",
        arguments: "{}",
        extraFields: { extra_content: { google: { thought_signature: "g2" } } },
      },
    ],
  });
});
