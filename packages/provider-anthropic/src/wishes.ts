import type { ChatRequest, JsonObject, JsonValue } from "@fallthrough/core";
import {
  type Concession,
  changeAt,
  fieldsOf,
  listOf,
  plainConcession,
  type WishFormat,
  type WishTable,
  withoutField,
} from "@fallthrough/core/provider";

/** The wishes that the protocol has a field for. */
export const WISHES: WishTable = {
  maxOutputTokens: "max_tokens",
  temperature: sampling("temperature"),
  topP: sampling("top_p"),
  topK: sampling("top_k"),
  stopSequences: "stop_sequences",
  reasoningEffort(effort, request) {
    if (effort === "none") return { thinking: { type: "disabled" } };
    if (!thinks(request)) return "a model that has to call a tool does not think";
    return {
      // newer models keep their thoughts to themselves unless they are asked for a summary
      thinking: { type: "adaptive", display: "summarized" },
      output_config: { effort: effort === "minimal" ? "low" : effort },
    };
  },
  parallelToolCalls: (parallel, { toolChoice }) =>
    toolChoice === "none" ? {} : { tool_choice: { type: "auto", disable_parallel_tool_use: !parallel } },
  // over the type of the former
  toolChoice: (choice) => ({
    tool_choice:
      typeof choice === "object"
        ? { type: "tool", name: choice.name }
        : { type: choice === "required" ? "any" : choice },
  }),
};

/** Tokens to think with, for models that take no effort. */
const BUDGETS: Readonly<Record<string, number>> = { low: 2048, medium: 8192, high: 16_384, xhigh: 24_576 };
const SMALLEST_BUDGET = 1024;
/** What the oldest models that are still asked may answer. */
const FEWEST_OUTPUT_TOKENS = 4096;

/** What a server may refuse of the body of a request. */
export const CONCESSIONS: readonly Concession[] = [
  {
    field: "thinking",
    words: /\b(?:thinking|adaptive|effort)\b/,
    warning: "the model takes no effort, so it got a number of tokens to think with",
    apply: withBudget,
  },
  {
    field: "thinking",
    words: /\bthinking\b/,
    warning: "the model refused `thinking`, so it was asked without it",
    apply: (body) => (isAdaptive(body) ? undefined : withoutField(body, "thinking")),
  },
  // newer models take one of the two
  plainConcession("temperature", { words: /(?<![\w-])temperature(?![\w-])(?!.*\bcannot both\b)/s }),
  ...["top_p", "top_k", "stop_sequences"].map((field) => plainConcession(field)),
  {
    field: "max_tokens",
    warning: `the model refused \`max_tokens\`, so its answer was limited to ${FEWEST_OUTPUT_TOKENS} tokens`,
    apply: (body) => changeAt(body, "max_tokens", (limit) => Math.min(Number(limit), FEWEST_OUTPUT_TOKENS)),
  },
  plainConcession("strict", { at: ["tools.*.strict"] }),
];

/** Whether the model is to think: it cannot where it has to call a tool. */
export function thinks({ reasoningEffort, toolChoice, tools = [] }: ChatRequest): boolean {
  const isForced = tools.length > 0 && (toolChoice === "required" || typeof toolChoice === "object");
  return reasoningEffort !== undefined && reasoningEffort !== "none" && !isForced;
}

function sampling(field: string): WishFormat<number> {
  return (value, request) => (thinks(request) ? "a model that thinks takes none" : { [field]: value });
}

function isAdaptive(body: JsonObject): boolean {
  return fieldsOf(body["thinking"])["type"] === "adaptive";
}

/** For models before Claude 4.6, see "Extended thinking" in the documentation of the API. */
function withBudget(body: JsonObject): JsonObject | undefined {
  if (!isAdaptive(body)) return undefined;
  const { thinking: _, output_config, ...rest } = body;
  const { effort, ...others } = fieldsOf(output_config) as JsonObject;
  const less = Object.keys(others).length === 0 ? rest : { ...rest, output_config: others };
  const budget_tokens = Math.min(BUDGETS[String(effort)] ?? SMALLEST_BUDGET, Number(body["max_tokens"]) - 1);
  // such a model goes on only with a loop of tools that it began with a thought
  if (budget_tokens < SMALLEST_BUDGET || isForeignLoop(body["messages"])) return less;
  return { ...less, thinking: { type: "enabled", budget_tokens } };
}

/** Whether the last message has results for a call without a thought of the same writer before it. */
function isForeignLoop(messages: JsonValue | undefined): boolean {
  const turns = listOf(messages).slice(-2);
  const [asked = [], last = []] = turns.map(({ content }) => listOf(content).map(({ type }) => type));
  const isLoop = last.includes("tool_result") && asked.includes("tool_use");
  return isLoop && !String(asked[0]).endsWith("thinking");
}
