import { type AiPowerSettings, createAiPower } from "@fallthrough/ai-power";
import type { ChatProvider } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/provider";
import manifest from "../package.json" with { type: "json" };

const ORIGIN = "https://chatgptt.me";
/** Where the chat stood when the site was last seen; a page that says otherwise goes before. */
const POST_ID = 22;

/** Creates a provider for ChatGptt, or for a WordPress of one's own with the plugin AI Power. */
export function createChatgptt(settings: AiPowerSettings = {}): ChatProvider {
  const card = providerCard(manifest, settings);
  return createAiPower({ card, origin: ORIGIN, postId: POST_ID }, settings);
}
