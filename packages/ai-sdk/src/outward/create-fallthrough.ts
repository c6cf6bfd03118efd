import type { LanguageModelV3, ProviderV3 } from "@ai-sdk/provider";
import { type ModelReference, parseRegistry, type Registry } from "@fallthrough/registry";
import { noSuchModel } from "./call-error.ts";
import { createLanguageModel } from "./language-model.ts";

/** A registry as a provider of the AI SDK, which may be called like one of its own. */
export interface FallthroughProvider<Alias extends string = string> extends ProviderV3 {
  /** The model of a name: an alias, a provider, `provider/model`. @default "auto" */
  (name?: ModelReference<Alias>): LanguageModelV3;
  /** The model of a name: an alias, a provider, `provider/model`. @default "auto" */
  languageModel(name?: ModelReference<Alias>): LanguageModelV3;
  /** Always throws a `NoSuchModelError`: a registry has models for chats alone. */
  embeddingModel(name: string): never;
  /** Always throws a `NoSuchModelError`: a registry has models for chats alone. */
  textEmbeddingModel(name: string): never;
  /** Always throws a `NoSuchModelError`: a registry has models for chats alone. */
  imageModel(name: string): never;
}

/**
 * Makes a registry a provider of the AI SDK, of version 6 and later.
 *
 * @throws `config` for anything but a registry
 * @example
 * const fallthrough = createFallthrough(registry);
 * const { text } = await generateText({ model: fallthrough("auto"), prompt: "Hello" });
 */
export function createFallthrough<Alias extends string = string>(
  registry: Registry<Alias>,
): FallthroughProvider<Alias> {
  const parsed = parseRegistry(registry) as unknown as Registry;
  const languageModel = (name?: string): LanguageModelV3 => createLanguageModel(parsed, name ?? "auto");
  return Object.assign((name?: ModelReference<Alias>) => languageModel(name), {
    specificationVersion: "v3" as const,
    languageModel,
    embeddingModel: refuse("embeddingModel"),
    textEmbeddingModel: refuse("embeddingModel"),
    imageModel: refuse("imageModel"),
  });
}

function refuse(modelType: string): (name: string) => never {
  return (modelId) => {
    const problem = `fallthrough has no ${modelType} ${JSON.stringify(modelId)}`;
    throw noSuchModel(modelType, modelId, `${problem}, expected a language model`);
  };
}
