import type { JsonObject } from "@fallthrough/core";
import {
  type Concession,
  changeAt,
  fieldsOf,
  plainConcession,
  type WishTable,
} from "@fallthrough/core/provider";

const THINKING = "generationConfig.thinkingConfig";

/** The wishes that the protocol has a field for. */
export const WISHES: WishTable = {
  maxOutputTokens: "generationConfig.maxOutputTokens",
  temperature: "generationConfig.temperature",
  topP: "generationConfig.topP",
  topK: "generationConfig.topK",
  presencePenalty: "generationConfig.presencePenalty",
  frequencyPenalty: "generationConfig.frequencyPenalty",
  seed: "generationConfig.seed",
  stopSequences: "generationConfig.stopSequences",
  reasoningEffort: (effort, _, model) => ({
    generationConfig: { thinkingConfig: formatThinking(effort, OLDER_MODEL.test(model)) },
  }),
  toolChoice: (choice) => ({
    toolConfig: {
      functionCallingConfig:
        typeof choice === "object"
          ? { mode: "ANY", allowedFunctionNames: [choice.name] }
          : { mode: choice === "required" ? "ANY" : choice.toUpperCase() },
    },
  }),
};

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
      changeAt(body, THINKING, (thinking) => {
        const { thinkingLevel: level, ...rest } = fieldsOf(thinking) as JsonObject;
        return level === undefined ? thinking : { ...rest, thinkingBudget: BUDGETS[String(level)] };
      }),
  },
  {
    field: "thinkingConfig",
    words: /thinking|\bbudget\b/i,
    warning: "the model refused how long to think, so it was asked without it",
    apply: (body) =>
      changeAt(body, THINKING, (thinking) => ("thinkingLevel" in fieldsOf(thinking) ? thinking : undefined)),
  },
  { field: "thoughtSignature", words: /\bmissing a \W*thought_?signature\b/i, apply: withSignatures },
  plainConcession("presencePenalty", {
    at: ["generationConfig.presencePenalty", "generationConfig.frequencyPenalty"],
    words: /penalty/i,
  }),
  ...["temperature", "topP", "topK", "seed", "stopSequences"].map((field) =>
    plainConcession(field, { at: [`generationConfig.${field}`] }),
  ),
];

function formatThinking(effort: string, isOlder: boolean): JsonObject {
  if (effort === "none") return isOlder ? { thinkingBudget: 0 } : { thinkingLevel: "MINIMAL" };
  const level = effort.toUpperCase();
  const thinking = isOlder ? { thinkingBudget: BUDGETS[level] } : { thinkingLevel: level };
  return { includeThoughts: true, ...thinking };
}

/** Of calls that were made at once only the first is signed. */
function withSignatures(body: JsonObject): JsonObject | undefined {
  return changeAt(body, "contents.*.parts", (given) => {
    const parts = given as readonly JsonObject[];
    const calls = parts.filter(({ functionCall }) => functionCall !== undefined);
    if (calls.some(({ thoughtSignature }) => thoughtSignature !== undefined)) return given;
    const sign = (part: JsonObject): JsonObject =>
      part === calls[0] ? { ...part, thoughtSignature: NO_SIGNATURE } : part;
    return calls.length === 0 ? given : parts.map(sign);
  });
}
