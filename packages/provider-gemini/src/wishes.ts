import type { ChatRequest, JsonObject, JsonValue } from "@fallthrough/core";
import { type Concession, fieldsOf, type Wish, withoutField } from "@fallthrough/core/provider";

/** The wishes that the protocol has a field for. */
export const HONOURED: readonly Wish[] = [
  "maxOutputTokens",
  "temperature",
  "topP",
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "seed",
  "stopSequences",
  "reasoningEffort",
  "toolChoice",
  "extraFields",
];

/** Takes a number of tokens to think with, and no level. */
const OLDER_MODEL = /\bgemini-2\.5\b/;
const BUDGETS: Readonly<Record<string, number>> = {
  MINIMAL: 512,
  LOW: 2048,
  MEDIUM: 8192,
  HIGH: 16_384,
  XHIGH: 24_576,
};
/**
 * Stands for the signature of a call that Gemini did not make, and so did not sign.
 *
 * See "Thought signatures" in the documentation of the API, on history from other models.
 */
const NO_SIGNATURE = "skip_thought_signature_validator";

/** What a server may refuse of the body of a request. */
export const CONCESSIONS: readonly Concession[] = [
  {
    field: "thinkingLevel",
    words: /thinking|\b(?:minimal|xhigh)\b/i,
    warning: "the model takes no level of thinking, so it got a number of tokens to think with",
    apply: (body) =>
      withThinking(body, ({ thinkingLevel, ...rest }) =>
        thinkingLevel === undefined ? undefined : { ...rest, thinkingBudget: BUDGETS[String(thinkingLevel)] },
      ),
  },
  {
    field: "thinkingConfig",
    words: /thinking|\bbudget\b/i,
    warning: "the model refused how long to think, so it was asked without it",
    apply: (body) =>
      withThinking(body, ({ thinkingLevel }) => (thinkingLevel === undefined ? {} : undefined)),
  },
  { field: "thoughtSignature", words: /\bmissing a \W*thought_?signature\b/i, apply: withSignatures },
  plainWish(["presencePenalty", "frequencyPenalty"], /penalty/i),
  plainWish(["temperature"], /\btemperature\b/i),
  plainWish(["topP"], /\btop_?p\b/i),
  plainWish(["topK"], /\btop_?k\b/i),
  plainWish(["seed"], /\bseed\b/i),
  plainWish(["stopSequences"], /\bstop_?sequences?\b/i),
];

/** How a model is asked to think; `undefined` where nobody wishes anything. */
export function formatThinking(
  effort: ChatRequest["reasoningEffort"],
  model: string,
): JsonObject | undefined {
  if (effort === undefined) return undefined;
  const isOlder = OLDER_MODEL.test(model);
  if (effort === "none") return isOlder ? { thinkingBudget: 0 } : { thinkingLevel: "MINIMAL" };
  const level = effort.toUpperCase();
  return {
    includeThoughts: true,
    ...(isOlder ? { thinkingBudget: BUDGETS[level] } : { thinkingLevel: level }),
  };
}

function plainWish(fields: readonly string[], words: RegExp): Concession {
  const names = fields.map((field) => `\`${field}\``).join(" and ");
  return {
    field: String(fields[0]),
    words,
    warning: `the model refused ${names}, so it was asked without`,
    apply(body) {
      const config = fieldsOf(body["generationConfig"]) as JsonObject;
      if (fields.every((field) => config[field] === undefined)) return undefined;
      const less = fields.reduce((rest, field) => withoutField(rest, field) ?? rest, config);
      return { ...body, generationConfig: less };
    },
  };
}

/** The body with another way to think; without any where it is empty. */
function withThinking(
  body: JsonObject,
  change: (thinking: JsonObject) => JsonObject | undefined,
): JsonObject | undefined {
  const { thinkingConfig, ...config } = fieldsOf(body["generationConfig"]) as JsonObject;
  const thinking = thinkingConfig === undefined ? undefined : change(fieldsOf(thinkingConfig) as JsonObject);
  if (thinking === undefined) return undefined;
  const isNone = Object.keys(thinking).length === 0;
  return { ...body, generationConfig: isNone ? config : { ...config, thinkingConfig: thinking } };
}

/** Of calls that were made at once only the first is signed. */
function withSignatures(body: JsonObject): JsonObject | undefined {
  const contents = Array.isArray(body["contents"]) ? body["contents"] : [];
  let changed = false;
  const signed = contents.map((content: JsonValue): JsonValue => {
    const { parts = [], ...rest } = fieldsOf(content) as { readonly parts?: readonly JsonObject[] };
    const calls = parts.filter((part) => part["functionCall"] !== undefined);
    const [first] = calls;
    if (first === undefined || calls.some((part) => part["thoughtSignature"] !== undefined)) return content;
    changed = true;
    return {
      ...rest,
      parts: parts.map((part) => (part === first ? { ...part, thoughtSignature: NO_SIGNATURE } : part)),
    };
  });
  return changed ? { ...body, contents: signed } : undefined;
}
