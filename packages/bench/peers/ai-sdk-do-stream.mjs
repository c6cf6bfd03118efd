import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { MODEL, PROMPT, textOfParts } from "./shared.mjs";

const REQUEST = { prompt: [{ role: "user", content: [{ type: "text", text: PROMPT }] }] };

/** The AI SDK's model alone, without the functions that applications call. */
export function create(baseURL) {
  const model = createOpenAICompatible({ name: "bench", baseURL })(MODEL);
  return {
    async *stream() {
      yield* textOfParts((await model.doStream(REQUEST)).stream);
    },
    whole: async () => (await model.doGenerate(REQUEST)).content[0].text,
  };
}
