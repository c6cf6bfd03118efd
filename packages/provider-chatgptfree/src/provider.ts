import { type AiPowerSettings, defineAiPower } from "@fallthrough/ai-power";
import type { ProviderFactory } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };

const ORIGIN = "https://chatgptfree.ai";
/** On this site the bot is the model. */
const BOTS: Readonly<Record<string, number>> = {
  "gpt-4o-mini-2024-07-18": 25865,
  "gpt-5-nano": 25871,
  gemini: 25874,
  deepseek: 25873,
  claude: 25875,
  grok: 25872,
  llama: 25870,
  qwen: 25869,
  perplexity: 29624,
};

/** Creates a provider for ChatgptFree, or for a WordPress of one's own with the plugin AI Power. */
export const createChatgptfree: ProviderFactory<AiPowerSettings> = defineAiPower({
  manifest,
  origin: ORIGIN,
  bots: BOTS,
});
