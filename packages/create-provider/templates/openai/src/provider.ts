import type { ChatProvider } from "@fallthrough/core";
import { defineOpenAICompatible, type OpenAISettings } from "@fallthrough/provider-openai";
import manifest from "../package.json" with { type: "json" };

/** Creates a provider for My Site. */
export const createMySite: (settings?: OpenAISettings) => ChatProvider = defineOpenAICompatible({
  manifest,
  baseURL: "https://my-site.example/v1",
  apiKeyEnv: "MY_SITE_API_KEY",
});
