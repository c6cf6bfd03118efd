import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import { MODEL, PROMPT } from "./shared.mjs";

/** What applications call of the AI SDK. */
export function create(baseURL) {
  return fromModel(createOpenAICompatible({ name: "bench", baseURL })(MODEL));
}

/** The same over any model, for those that wrap one. */
export function fromModel(model) {
  return {
    stream() {
      return streamText({ model, prompt: PROMPT, maxRetries: 0, onError() {} }).textStream;
    },
    whole: async () => (await generateText({ model, prompt: PROMPT, maxRetries: 0 })).text,
  };
}
