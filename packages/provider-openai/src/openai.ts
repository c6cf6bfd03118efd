import type { ProviderFactory } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { defineOpenAICompatible, type OpenAISettings } from "./provider.ts";

/**
 * Creates a provider for OpenAI, or for any server that speaks its chat completions API.
 *
 * @example
 * const ollama = createOpenAI({ id: "ollama", baseURL: "http://127.0.0.1:11434/v1" });
 */
export const createOpenAI: ProviderFactory<OpenAISettings> = defineOpenAICompatible({
  manifest,
  baseURL: "https://api.openai.com/v1",
  apiKeyEnv: "OPENAI_API_KEY",
  maxCompletionTokens: true,
  // told by its refusals: "Expected a string with maximum length 40" (github.com/vercel/ai/issues/5171)
  longestToolCallId: 40,
});
