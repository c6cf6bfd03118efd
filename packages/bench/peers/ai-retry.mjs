import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { createRetryableModel, error } from "ai-retry/language-model";
import { fromModel } from "./ai-sdk-stream-text.mjs";
import { MODEL } from "./shared.mjs";

/** The servers have different names, because one of a name that was asked is not asked again. */
function createModel(baseURLs) {
  const [model, ...others] = baseURLs.map((baseURL, place) =>
    createOpenAICompatible({ name: `bench-${place}`, baseURL })(MODEL),
  );
  return createRetryableModel({
    model,
    retries: others.map((other) => error(() => true).switch({ model: other })),
  });
}

/** `ai-retry` under the AI SDK's `streamText`; one model is a chain of one. */
export const create = (baseURL) => fromModel(createModel([baseURL]));

/** A new model for every call, because the old one may remember which of its models failed. */
export const createChain = (baseURLs) => ({ prepare: () => fromModel(createModel(baseURLs)).stream });
