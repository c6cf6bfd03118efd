import type { ChatRequest, JsonObject, ProviderCard, StreamPart } from "@fallthrough/core";
import { type Wish, wishWarnings } from "@fallthrough/core/provider";
import { formatPrompt, type PromptTarget } from "./format-prompt.ts";
import type { AISDKModel } from "./model.ts";

/** The wishes that every version of the specification has an option for. */
const HONOURED: readonly Wish[] = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
  "stopSequences",
  "toolChoice",
];

/** The options of a call. */
export function formatCall(request: ChatRequest, target: PromptTarget): object {
  const { tools, toolChoice, reasoningEffort, providerOptions } = request;
  const { id, model } = target;
  const own = providerOptions?.[id];
  const wishes = {
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    seed: request.seed,
    stopSequences: request.stopSequences,
    reasoning: model.specificationVersion === "v4" ? reasoningEffort : undefined,
    tools: tools?.map(({ name, description, parameters, strict }) => ({
      type: "function",
      name,
      ...(description === undefined ? {} : { description }),
      inputSchema: parameters,
      ...(strict === undefined ? {} : { strict }),
    })),
    toolChoice:
      typeof toolChoice === "string"
        ? { type: toolChoice }
        : toolChoice && { type: "tool", toolName: toolChoice.name },
    responseFormat: formatOf(request.responseFormat),
    providerOptions: own && { [optionsKey(model)]: own },
  };
  return {
    prompt: formatPrompt(request.messages, target),
    ...Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined)),
    includeRawChunks: false,
    abortSignal: request.signal,
  };
}

/** What of a request the model has no option for. */
export function callWarnings(
  card: ProviderCard,
  request: ChatRequest,
  model: AISDKModel,
): readonly StreamPart[] {
  const honours: readonly Wish[] =
    model.specificationVersion === "v4" ? [...HONOURED, "reasoningEffort"] : HONOURED;
  // its options are the model's own to judge
  return wishWarnings(card, request, {
    honours,
    options: Object.keys(request.providerOptions?.[card.id] ?? {}),
  });
}

function formatOf(format: ChatRequest["responseFormat"]): JsonObject | undefined {
  if (format?.type !== "json") return undefined;
  const { schema, name, description } = format;
  return {
    type: "json",
    ...(schema === undefined ? {} : { schema }),
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
  };
}

/** The name under which the packages of the AI SDK read their options: the vendor without its protocol. */
function optionsKey({ provider }: AISDKModel): string {
  return provider.split(".")[0] ?? provider;
}
