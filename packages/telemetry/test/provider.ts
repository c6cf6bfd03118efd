import type { ChatError, ChatMessage, ChatProvider, StreamPart } from "@fallthrough/core";

/** A provider in memory: its parts, and then a failure or the end. */
export function provider(id: string, ...steps: readonly (StreamPart | ChatError)[]): ChatProvider {
  return {
    specificationVersion: 1,
    id,
    name: id,
    status: { state: "active", checked: "2026-01-01" },
    models: [{ id: `${id}-model` }],
    async *stream() {
      for (const step of steps) {
        if (step instanceof Error) throw step;
        yield step;
      }
    },
  };
}

/** A whole answer. */
export const ANSWER: readonly StreamPart[] = [
  { type: "text-delta", delta: "a secret answer" },
  {
    type: "finish",
    finishReason: "stop",
    model: "served-model",
    usage: { inputTokens: 7, outputTokens: 3, cachedInputTokens: 2, reasoningTokens: 1 },
    response: { id: "answer-1" },
  },
];

export const MESSAGES: ChatMessage[] = [{ role: "user", content: "a secret question" }];
