import { type AiPowerSettings, createAiPower } from "@fallthrough/ai-power";
import type { ChatProvider } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };

const ORIGIN = "https://my-site.example";

/** Creates a provider for My Site. */
export function createMySite(settings: AiPowerSettings = {}): ChatProvider {
  return createAiPower({ card: providerCard(manifest, settings), origin: ORIGIN }, settings);
}
