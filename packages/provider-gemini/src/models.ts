import { ChatError, type ModelCard } from "@fallthrough/core";
import { fieldsOf, type ModelPage, textOf } from "@fallthrough/core/provider";

/** One page of a list of models, without those that do not chat; @throws `protocol` for any other value */
export function readModels(value: unknown): ModelPage {
  const { models: list, nextPageToken } = fieldsOf(value);
  // a page without models has no list either
  if (!Array.isArray(list) && (list !== undefined || typeof value !== "object" || Array.isArray(value))) {
    throw new ChatError("protocol", "GET /v1beta/models answered no list, expected `models`");
  }
  const models = (list ?? []).flatMap((model: unknown): ModelCard[] => {
    const { name, inputTokenLimit: contextWindow, supportedGenerationMethods: methods } = fieldsOf(model);
    const id = textOf(name).replace(/^models\//, "");
    if (id === "" || (Array.isArray(methods) && !methods.includes("generateContent"))) return [];
    return [typeof contextWindow === "number" && contextWindow > 0 ? { id, contextWindow } : { id }];
  });
  return { models, next: textOf(nextPageToken) || undefined };
}
