import type { ChatProvider } from "@fallthrough/core";
import manifest from "../package.json" with { type: "json" };
import { defineOpenAICompatible, type OpenAISettings } from "./provider.ts";

const create = defineOpenAICompatible({
  manifest,
  baseURL: "https://api.openai.com/v1",
  apiKeyEnv: "OPENAI_API_KEY",
});

/**
 * Creates a provider for OpenAI, or for any server that speaks its chat completions API.
 *
 * @example
 * const ollama = createOpenAI({ id: "ollama", baseURL: "http://127.0.0.1:11434/v1" });
 */
export function createOpenAI(settings: OpenAISettings = {}): ChatProvider {
  // the newer name of the limit is known to OpenAI's own server, and not to every other
  return create({ maxCompletionTokens: settings.baseURL === undefined, ...settings });
}
