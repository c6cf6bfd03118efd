import { type AiPowerSettings, defineAiPower } from "@fallthrough/ai-power";
import type { ProviderFactory } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };

const ORIGIN = "https://chatgptt.me";
/** Where the chat stood when the site was last seen; a page that says otherwise goes before. */
const POST_ID = 22;

/** Creates a provider for ChatGptt, or for a WordPress of one's own with the plugin AI Power. */
export const createChatgptt: ProviderFactory<AiPowerSettings> = defineAiPower({
  manifest,
  origin: ORIGIN,
  postId: POST_ID,
});
