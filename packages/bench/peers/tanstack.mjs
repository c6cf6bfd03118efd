import { chat } from "@tanstack/ai";
import { openaiCompatibleText } from "@tanstack/ai-openai/compatible";
import { KEY, MODEL, PROMPT } from "./shared.mjs";

/** `@tanstack/ai`; it has no call that asks for one JSON value. */
export function create(baseURL) {
  const adapter = openaiCompatibleText(MODEL, { baseURL, apiKey: KEY });
  return {
    async *stream() {
      for await (const part of chat({ adapter, messages: [{ role: "user", content: PROMPT }] })) {
        if (part.type === "TEXT_MESSAGE_CONTENT") yield part.delta;
        if (part.type === "RUN_ERROR") throw new Error(part.message);
      }
    },
  };
}

export const streamsOnly = true;
