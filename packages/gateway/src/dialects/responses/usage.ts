import type { Usage } from "@fallthrough/core";

/** Token counts, all of them or none: clients that read one read every one. */
export function formatUsage(usage: Usage | undefined): object | null {
  if (usage === undefined) return null;
  const { inputTokens = 0, outputTokens = 0, totalTokens = inputTokens + outputTokens } = usage;
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: totalTokens,
  };
}
