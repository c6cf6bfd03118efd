import { ChatError, type ModelCard } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";

/** What the ids of models that do not chat have in common, where a list does not say what a model does. */
const OTHER_USES = /embed|rerank|whisper|tts|moderation/i;

/** The models of a list; @throws `protocol` for any other value */
export function parseModels(value: unknown): ModelCard[] {
  const { data } = fieldsOf(value);
  // an Ollama without models answered null
  const list = data === null ? [] : data;
  if (!Array.isArray(list)) throw new ChatError("protocol", "GET /models answered no list, expected `data`");
  return list.flatMap((model: unknown) => {
    const { id, context_length, max_model_len } = fieldsOf(model);
    if (typeof id !== "string" || id === "") return [];
    const contextWindow = context_length ?? max_model_len;
    return [typeof contextWindow === "number" && contextWindow > 0 ? { id, contextWindow } : { id }];
  });
}

/** The first model that looks like one to chat with. */
export function firstChatModel(models: readonly ModelCard[]): ModelCard | undefined {
  return models.find(({ id }) => !OTHER_USES.test(id));
}
