import { expect, test } from "vitest";
import type { ChatRequest } from "../../src/index.ts";
import { estimateTokens } from "../../src/internal.ts";

test.each<[string, Pick<ChatRequest, "messages" | "tools" | "responseFormat">, number]>([
  ["a text", { messages: [{ role: "user", content: "a".repeat(35) }] }, 10],
  ["a part of a token", { messages: [{ role: "user", content: "a" }] }, 1],
  [
    "no tools, and the form of an answer that is text",
    {
      messages: [{ role: "user", content: "a".repeat(7) }],
      tools: [],
      responseFormat: { type: "text" },
    },
    2,
  ],
  ["nothing", { messages: [{ role: "assistant", content: null }] }, 0],
  [
    "an image, whatever its length",
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "a".repeat(7) },
            { type: "image", data: "A".repeat(35_000) },
          ],
        },
      ],
    },
    1_502,
  ],
  [
    "a call, what was thought before it, and its result",
    {
      messages: [
        {
          role: "assistant",
          reasoning: [{ text: "a".repeat(14) }],
          toolCalls: [{ id: "1", name: "now", arguments: '{"a"' }],
        },
        { role: "tool", toolCallId: "1", content: [{ type: "text", text: "a".repeat(14) }] },
      ],
    },
    10,
  ],
  [
    "tools and the schema of the answer",
    {
      messages: [{ role: "user", content: "" }],
      tools: [{ name: "now", description: "it", parameters: {} }],
      responseFormat: { type: "json", schema: {} },
    },
    23,
  ],
])("%s counts by its characters", (_, request, tokens) => {
  expect(estimateTokens(request)).toBe(tokens);
});
