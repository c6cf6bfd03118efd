import type { ChatResult, FinishReason, Source, ToolCall, Usage, Warning } from "@fallthrough/core";

/** What stands in every object of one completion. */
export interface CompletionHead {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  /** Who answers, as a reference that can be asked for again. */
  readonly model: string;
}

const FINISH_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
  other: "stop",
};

/** The head of a new completion. */
export function createHead(provider: string | undefined, model: string | undefined): CompletionHead {
  const named = [provider, model].filter((name) => name !== undefined && name !== "");
  return {
    id: `chatcmpl-${crypto.randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: named.join("/"),
  };
}

/** A whole answer in OpenAI's shape; `warnings` tells what was asked and not done. */
export function formatCompletion(
  head: CompletionHead,
  result: ChatResult,
  warnings: readonly Warning[],
): object {
  const { text, reasoning, toolCalls, sources, finishReason, usage } = result;
  const message = {
    role: "assistant",
    content: text === "" && toolCalls.length > 0 ? null : text,
    refusal: null,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(formatToolCall) }),
    ...(sources.length === 0 ? {} : { annotations: sources.map(formatSource) }),
  };
  const finish_reason = formatFinishReason(finishReason);
  return {
    ...head,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: formatUsage(usage),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/** OpenAI's word for why the model stopped. */
export function formatFinishReason(reason: FinishReason): string {
  return FINISH_REASONS[reason];
}

/** Token counts in OpenAI's shape; `undefined` where the server told none, because a guess would be taken for a fact. */
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

function formatToolCall({ id, name, arguments: text }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: text } };
}
