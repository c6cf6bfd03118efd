import { ChatError, type ModelCard } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";

/** What the ids of models that do not chat have in common, where a list does not say what a model does. */
const OTHER_USES =
  /embed|rerank|whisper|moderation|transcri|(?:^|[-_/:])(?:bge|tts|all-minilm|speech|dall-e|gpt-image|imagen|flux|stable-diffusion|sdxl)\b/i;

/** What lists call a model that does not chat. */
const OTHER_TYPES: readonly unknown[] = [
  "embedding",
  "embeddings",
  "rerank",
  "image",
  "audio",
  "moderation",
  "transcribe",
];

/** The models of a list that one can chat with; @throws `protocol` for any other value */
export function parseModels(value: unknown): ModelCard[] {
  const { data, models } = fieldsOf(value);
  // Together answers the bare list, and an Ollama without models null
  const list = Array.isArray(value) ? value : (data ?? models ?? (data === null ? [] : undefined));
  if (!Array.isArray(list)) throw new ChatError("protocol", "GET /models answered no list, expected `data`");
  return list.flatMap((model: unknown) => {
    const fields = fieldsOf(model);
    const { id } = fields;
    if (typeof id !== "string" || id === "" || !isForChat(id, fields)) return [];
    const contextWindow = windowOf(fields);
    return [contextWindow === undefined ? { id } : { id, contextWindow }];
  });
}

/** Whether one can chat with a model, by what its list says of it, or else by its name. */
function isForChat(id: string, { type, capabilities, architecture }: Fields): boolean {
  if (OTHER_TYPES.includes(type)) return false;
  const { completion_chat } = fieldsOf(capabilities);
  if (typeof completion_chat === "boolean") return completion_chat;
  const { output_modalities } = fieldsOf(architecture);
  if (Array.isArray(output_modalities)) return output_modalities.includes("text");
  return !OTHER_USES.test(id);
}

type Fields = ReturnType<typeof fieldsOf>;

/** The context window, under the names that servers give it. */
function windowOf({ meta, top_provider, ...fields }: Fields): number | undefined {
  const windows = [
    fieldsOf(top_provider)["context_length"],
    fields["context_window"],
    fields["context_length"],
    fields["max_model_len"],
    fields["max_context_length"],
    fieldsOf(meta)["n_ctx"],
    fieldsOf(meta)["n_ctx_train"],
  ];
  return windows.find((size): size is number => typeof size === "number" && size > 0);
}
