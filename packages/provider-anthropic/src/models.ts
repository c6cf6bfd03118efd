import { ChatError, type ModelCard } from "@fallthrough/core";
import { fieldsOf, type ModelPage } from "@fallthrough/core/provider";

/** One page of a list of models; @throws `protocol` for any other value */
export function readModels(value: unknown): ModelPage {
  const { data, has_more, last_id } = fieldsOf(value);
  if (!Array.isArray(data)) {
    throw new ChatError("protocol", "GET /v1/models answered no list, expected `data`");
  }
  const models = data.flatMap((model: unknown): ModelCard[] => {
    const { id, max_input_tokens: contextWindow } = fieldsOf(model);
    if (typeof id !== "string" || id === "") return [];
    return [typeof contextWindow === "number" && contextWindow > 0 ? { id, contextWindow } : { id }];
  });
  return { models, next: has_more === true && typeof last_id === "string" ? last_id : undefined };
}
