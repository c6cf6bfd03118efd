import type { JsonObject } from "@fallthrough/core";
import {
  type Concession,
  changeAt,
  fieldsOf,
  plainConcession,
  type WishTable,
  withoutField,
} from "@fallthrough/core/provider";

/** The wishes that the protocol has a field for. */
export const WISHES: WishTable = {
  maxOutputTokens: "max_output_tokens",
  temperature: "temperature",
  topP: "top_p",
  reasoningEffort: (effort) => ({
    reasoning: effort === "none" ? { effort } : { effort, summary: "auto" },
  }),
  toolChoice: (choice) => ({
    tool_choice: typeof choice === "object" ? { type: "function", name: choice.name } : choice,
  }),
  parallelToolCalls: "parallel_tool_calls",
};

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
    apply: (body) => withoutField(body, "reasoning.summary"),
  },
  // who takes no effort does not think, and has nothing to sum up
  {
    field: "effort",
    words: /\breasoning\b(?!.*\b(?:summar|encrypted))/is,
    warning: "the server refused `reasoning.effort`, so it was asked without it",
    apply: (body) =>
      changeAt(body, "reasoning", (reasoning) => {
        const { effort, summary: _, ...more } = fieldsOf(reasoning) as JsonObject;
        if (effort === undefined) return reasoning;
        return Object.keys(more).length === 0 ? undefined : more;
      }),
  },
  ...["temperature", "top_p", "max_output_tokens", "parallel_tool_calls", "tool_choice"].map((field) =>
    plainConcession(field),
  ),
  plainConcession("strict", { at: ["tools.*.strict", "text.format.strict"] }),
  { field: "store", apply: (body) => withoutField(body, "store") },
];
