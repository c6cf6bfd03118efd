import type { ChatRequest, JsonObject, JsonValue, StreamPart } from "@fallthrough/core";
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
  "topK",
  "stopSequences",
  "reasoningEffort",
  "toolChoice",
  "parallelToolCalls",
  "extraFields",
];

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
    apply: (body) =>
      fieldsOf(body["thinking"])["type"] === "adaptive" ? undefined : withoutField(body, "thinking"),
  },
  // newer models take one of the two
  plainConcession("temperature", /(?<![\w-])temperature(?![\w-])(?!.*\bcannot both\b)/s),
  plainConcession("top_p"),
  plainConcession("top_k"),
  plainConcession("stop_sequences"),
  {
    field: "max_tokens",
    warning: `the model refused \`max_tokens\`, so its answer was limited to ${FEWEST_OUTPUT_TOKENS} tokens`,
    apply: (body) =>
      Number(body["max_tokens"]) > FEWEST_OUTPUT_TOKENS
        ? { ...body, max_tokens: FEWEST_OUTPUT_TOKENS }
        : undefined,
  },
  {
    field: "strict",
    warning: "the model refused `strict`, so it was asked without it",
    apply: withoutStrict,
  },
];

/** Whether the model is to think: it cannot where it has to call a tool. */
export function thinks({ reasoningEffort, toolChoice, tools = [] }: ChatRequest): boolean {
  const isForced = tools.length > 0 && (toolChoice === "required" || typeof toolChoice === "object");
  return reasoningEffort !== undefined && reasoningEffort !== "none" && !isForced;
}

/** A warning for each wish that the protocol cannot honour beside another one. */
export function adjustedWishes(request: ChatRequest): StreamPart[] {
  const { reasoningEffort, responseFormat } = request;
  const isThinking = thinks(request);
  const problems: string[] = [];
  if (isThinking) {
    for (const wish of ["temperature", "topP", "topK"] as const) {
      if (request[wish] !== undefined) {
        problems.push(`a model that thinks takes no \`${wish}\`, so it was left out`);
      }
    }
  } else if (reasoningEffort !== undefined && reasoningEffort !== "none") {
    problems.push("a model that has to call a tool does not think, so `reasoningEffort` was left out");
  }
  if (responseFormat?.type === "json" && responseFormat.schema === undefined) {
    problems.push(
      "the server takes no JSON output without a schema, so the model was told to answer in JSON",
    );
  }
  return problems.map((message) => ({ type: "warning", code: "adjusted", message }));
}

/** For models before Claude 4.6, see "Extended thinking" in the documentation of the API. */
function withBudget(body: JsonObject): JsonObject | undefined {
  const { thinking, output_config, max_tokens, messages, ...rest } = body;
  if (fieldsOf(thinking)["type"] !== "adaptive") return undefined;
  const { effort, ...others } = fieldsOf(output_config) as JsonObject;
  const less: JsonObject = {
    ...rest,
    max_tokens,
    messages,
    ...(Object.keys(others).length === 0 ? {} : { output_config: others }),
  };
  const budget_tokens = Math.min(BUDGETS[String(effort)] ?? SMALLEST_BUDGET, Number(max_tokens) - 1);
  // such a model goes on only with a loop of tools that it began with a thought
  if (budget_tokens < SMALLEST_BUDGET || isForeignLoop(messages)) return less;
  return { ...less, thinking: { type: "enabled", budget_tokens } };
}

/** Whether the last message has results for a call that no thought of the same writer stands before. */
function isForeignLoop(messages: JsonValue | undefined): boolean {
  const [asked, last] = (Array.isArray(messages) ? messages : []).slice(-2).map((turn) => typesOf(turn));
  const isLoop = last?.includes("tool_result") === true && asked?.includes("tool_use") === true;
  return isLoop && !String(asked?.[0]).endsWith("thinking");
}

function typesOf(turn: unknown): readonly unknown[] {
  const { content } = fieldsOf(turn);
  return Array.isArray(content) ? content.map((block) => fieldsOf(block)["type"]) : [];
}

function withoutStrict(body: JsonObject): JsonObject | undefined {
  const { tools } = body;
  if (!Array.isArray(tools) || !tools.some((tool) => "strict" in fieldsOf(tool))) return undefined;
  return { ...body, tools: tools.map((tool) => withoutField(tool as JsonObject, "strict") ?? tool) };
}
