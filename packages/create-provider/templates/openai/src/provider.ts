import type { ProviderFactory } from "@fallthrough/core/provider";
import { defineOpenAICompatible, type OpenAISettings } from "@fallthrough/provider-openai";
import manifest from "../package.json" with { type: "json" };

/** Creates a provider for My Site. */
export const createMySite: ProviderFactory<OpenAISettings> = defineOpenAICompatible({
  manifest,
  baseURL: "https://my-site.example/v1",
  apiKeyEnv: "MY_SITE_API_KEY",
});
