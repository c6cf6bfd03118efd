import { createAnthropic } from "@fallthrough/provider-anthropic";
import { createGemini } from "@fallthrough/provider-gemini";
import { createRegistry } from "@fallthrough/registry";

/** Two vendors behind one name; the keys are `ANTHROPIC_API_KEY` and `GEMINI_API_KEY`. */
export const registry = createRegistry({
  providers: [
    createAnthropic({ baseURL: process.env.ANTHROPIC_URL }),
    createGemini({ baseURL: process.env.GEMINI_URL }),
  ],
  aliases: { smart: ["anthropic/claude-sonnet-4-6", "gemini/gemini-3-flash"] },
});
