import type { ChatResult, FinishReason, Source, ToolCall, Usage } from "@fallthrough/core";
import { type Answerer, type AnswerWriter, formatReference } from "../dialect.ts";
import {
  formatCallData,
  formatMessageData,
  formatThought,
  joinOpaqueFields,
  type OpaqueFields,
} from "./opaque-fields.ts";

/** The fields of every object of one completion. */
export interface CompletionHead {
  /** The id of the completion. */
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  /** Who answers, as a reference that can be asked for again. */
  readonly model: string;
}

/** How an answer is written, whole or in events. */
export interface ReplyForm {
  /** Whether a stream ends with the counts of tokens. */
  readonly includeUsage: boolean;
  /** Whether the client knows functions in place of tools. */
  readonly legacyFunctions: boolean;
}

const FINISH_REASONS: Readonly<Record<string, string>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
};

/** The head of a new completion. */
export function createHead(answerer: Answerer): CompletionHead {
  return {
    id: `chatcmpl-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: formatReference(answerer),
  };
}

/** A whole answer in OpenAI's shape. */
export function createAnswer(form: ReplyForm): AnswerWriter {
  let opaque: OpaqueFields = {};
  let rawFinishReason: string | undefined;
  /** What was thought since the last thought that was signed. */
  let thought = "";
  return {
    take(part) {
      if (part.type === "finish") {
        opaque = joinOpaqueFields(opaque, formatMessageData(part.providerData));
        ({ rawFinishReason } = part);
      } else if (part.type === "reasoning-delta") {
        thought += part.delta;
        if (part.providerData === undefined) return;
        opaque = joinOpaqueFields(opaque, formatThought(thought, part.providerData));
        thought = "";
      }
    },
    format: (result) => formatCompletion(result, opaque, rawFinishReason, form),
  };
}

function formatCompletion(
  result: ChatResult,
  opaque: OpaqueFields,
  rawFinishReason: string | undefined,
  { legacyFunctions }: ReplyForm,
): object {
  const { text, reasoning, toolCalls, sources, finishReason, usage, warnings, route } = result;
  const [called] = toolCalls;
  const message = {
    role: "assistant",
    content: text === "" && toolCalls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...opaque,
    ...(legacyFunctions && called !== undefined
      ? { function_call: { name: called.name, arguments: called.arguments } }
      : toolCalls.length === 0
        ? {}
        : { tool_calls: toolCalls.map(formatToolCall) }),
    ...(sources.length === 0 ? {} : { annotations: sources.map(formatSource) }),
  };
  const finish_reason = formatFinishReason(finishReason, rawFinishReason, legacyFunctions);
  return {
    ...createHead(route),
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: formatUsage(usage),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** OpenAI's word for why the model stopped; a reason that it has no word for is the server's own. */
export function formatFinishReason(
  reason: FinishReason,
  raw: string | undefined,
  legacyFunctions: boolean,
): string {
  if (legacyFunctions && reason === "tool-calls") return "function_call";
  return FINISH_REASONS[reason] ?? raw ?? "other";
}

/** Token counts in OpenAI's shape; `undefined` where the server sent none, because a guess would be taken for a fact. */
export function formatUsage(usage: Usage | undefined): object | undefined {
  if (usage === undefined) return undefined;
  const { inputTokens, outputTokens, totalTokens, cachedInputTokens, reasoningTokens } = usage;
  const both = inputTokens !== undefined && outputTokens !== undefined;
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: totalTokens ?? (both ? inputTokens + outputTokens : undefined),
    ...(cachedInputTokens === undefined
      ? {}
      : { prompt_tokens_details: { cached_tokens: cachedInputTokens } }),
    ...(reasoningTokens === undefined
      ? {}
      : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

/** A citation in OpenAI's shape. */
export function formatSource({ url, title }: Source): object {
  return { type: "url_citation", url_citation: { url, title: title ?? url } };
}

function formatToolCall({ id, name, arguments: text, providerData }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: text }, ...formatCallData(providerData) };
}
