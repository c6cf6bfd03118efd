import { type AiPowerSettings, defineAiPower } from "@fallthrough/ai-power";
import type { ProviderFactory } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };

/** Creates a provider for My Site. */
export const createMySite: ProviderFactory<AiPowerSettings> = defineAiPower({
  manifest,
  origin: "https://my-site.example",
});
