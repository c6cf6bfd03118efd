import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createFallback } from "ai-fallback";
import { fromModel } from "./ai-sdk-stream-text.mjs";
import { MODEL } from "./shared.mjs";

function createModel(baseURLs) {
  const models = baseURLs.map((baseURL, place) =>
    createOpenAICompatible({ name: `bench-${place}`, baseURL })(MODEL),
  );
  return createFallback({ models });
}

/** `ai-fallback` under the AI SDK's `streamText`; one model is a chain of one. */
export const create = (baseURL) => fromModel(createModel([baseURL]));

/** A new model for every call, because the old one remembers which of its models failed. */
export const createChain = (baseURLs) => ({ prepare: () => fromModel(createModel(baseURLs)).stream });
