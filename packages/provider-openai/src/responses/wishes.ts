import type { JsonObject, JsonValue } from "@fallthrough/core";
import {
  type Concession,
  fieldsOf,
  plainConcession,
  type Wish,
  withoutField,
} from "@fallthrough/core/provider";

/** The wishes that the protocol has a field for. */
export const HONOURED: readonly Wish[] = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "reasoningEffort",
  "toolChoice",
  "parallelToolCalls",
  "extraFields",
];

/** What a server may refuse of the body of a request. */
export const CONCESSIONS: readonly Concession[] = [
  // a model that does not think has nothing to encrypt
  {
    field: "include",
    words: /\bencrypted[_ ]content\b|(?<![\w-])include(?![\w-])/i,
    apply: (body) => withoutField(body, "include"),
  },
  {
    field: "summary",
    words: /\bsummar(?:y|ies)\b/i,
    warning: "the server gives no summary of its thoughts, so it was asked without one",
    apply: (body) => withReasoning(body, "summary"),
  },
  {
    field: "effort",
    words: /\breasoning\b(?!.*\b(?:summar|encrypted))/is,
    warning: "the server refused `reasoning.effort`, so it was asked without it",
    apply: (body) => withReasoning(body, "effort"),
  },
  ...["temperature", "top_p", "max_output_tokens", "parallel_tool_calls", "tool_choice"].map((field) =>
    plainConcession(field),
  ),
  {
    field: "strict",
    warning: "the server refused `strict`, so it was asked without it",
    apply: withoutStrict,
  },
  { field: "store", apply: (body) => withoutField(body, "store") },
];

/** Who takes no effort does not think, and has nothing to sum up. */
function withReasoning(body: JsonObject, refused: "summary" | "effort"): JsonObject | undefined {
  const { effort, summary, ...more } = fieldsOf(body["reasoning"]) as JsonObject;
  if ((refused === "summary" ? summary : effort) === undefined) return undefined;
  const reasoning = refused === "summary" ? { ...more, effort } : more;
  const isNone = Object.values(reasoning).every((value) => value === undefined);
  return isNone ? withoutField(body, "reasoning") : { ...body, reasoning };
}

function withoutStrict(body: JsonObject): JsonObject | undefined {
  const { tools, text } = body;
  const format = fieldsOf(fieldsOf(text)["format"]) as JsonObject;
  const looseFormat = withoutField(format, "strict");
  const list: readonly JsonValue[] = Array.isArray(tools) ? tools : [];
  const loose = list.map((tool) => withoutField(fieldsOf(tool) as JsonObject, "strict") ?? tool);
  if (looseFormat === undefined && loose.every((tool, index) => tool === list[index])) return undefined;
  return {
    ...body,
    ...(list.length === 0 ? {} : { tools: loose }),
    ...(looseFormat === undefined
      ? {}
      : { text: { ...(fieldsOf(text) as JsonObject), format: looseFormat } }),
  };
}
