import type { ProviderFactory } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };
import { defineOpenAICompatible, type OpenAISettings } from "./provider.ts";

/** OpenAI has these models in Responses only: "o3-pro", "gpt-5-codex", "o4-mini-deep-research" and their like. */
const RESPONSES_ONLY = /(?:^|-)(?:pro|codex|deep-research|computer-use)(?:-|$)/;

/**
 * Creates a provider for OpenAI, or for any server that speaks its chat completions API, or Responses.
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
  apiOf: (model) => (RESPONSES_ONLY.test(model) ? "responses" : "chat-completions"),
});
