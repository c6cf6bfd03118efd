import type { ChatMessage, FinishReason } from "@fallthrough/core";
import type { Ask, Column, Told } from "../dialogues.ts";
import type { Line } from "../ollama/ask.ts";
import { linesOf } from "../ollama/ask.ts";

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
};

interface OllamaMessage {
  readonly content?: string;
  readonly thinking?: string;
  readonly tool_calls?: readonly { id: string; function: { name: string; arguments: object } }[];
}

function formatMessage({ role, content }: ChatMessage): object {
  if (typeof content === "string") return { role, content };
  const parts = content ?? [];
  return {
    role,
    content: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    images: parts.flatMap((part) => (part.type === "text" ? [] : [part.data])),
  };
}

function body(
  { messages, tools, responseFormat, maxOutputTokens, stopSequences, reasoningEffort }: Ask,
  stream: boolean,
) {
  return {
    model: "auto",
    messages: messages.map(formatMessage),
    tools: tools?.map((tool) => ({ type: "function", function: tool })),
    format: responseFormat?.type === "json" ? responseFormat.schema : undefined,
    think: reasoningEffort,
    options: { num_predict: maxOutputTokens, stop: stopSequences },
    stream,
  };
}

/** The message that the pieces of a stream make. */
function joinLines(lines: readonly Line[]): OllamaMessage {
  const pieces = lines.map(({ message }) => (message ?? {}) as OllamaMessage);
  const calls = pieces.flatMap(({ tool_calls = [] }) => tool_calls);
  return {
    ...Object.assign({}, ...pieces),
    content: pieces.map(({ content }) => content ?? "").join(""),
    thinking: pieces.map(({ thinking }) => thinking ?? "").join(""),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function readMessage(message: OllamaMessage, reason: unknown): Told {
  const { content, thinking, tool_calls: calls = [] } = message;
  return {
    text: content,
    reasoning: thinking,
    toolCalls: calls.map(({ id, function: { name, arguments: given } }) => ({
      id,
      name,
      arguments: JSON.stringify(given),
    })),
    finishReason: calls.length > 0 && reason === "stop" ? "tool-calls" : REASONS[`${reason}`],
    history: message,
  };
}

function withoutTypes(message: ChatMessage): ChatMessage {
  if (message.role !== "user" || typeof message.content === "string") return message;
  const content = message.content.map((part) => {
    if (part.type === "text") return part;
    const { mediaType: _, ...rest } = part;
    return rest;
  });
  return { ...message, content };
}

export const ollama: Column = {
  name: "ollama",
  path: "/api/chat",
  errors: { before: "context-length", after: "interrupted" },
  body,

  // an image has no type, a schema no name, and tools no choice
  carried: ({ messages, responseFormat, toolChoice: _, ...ask }) => ({
    ...ask,
    messages: messages.map((message) => withoutTypes(message)),
    ...(responseFormat?.type === "json"
      ? { responseFormat: { type: "json", schema: responseFormat.schema } }
      : {}),
  }),

  next(ask, stream, turns) {
    const { messages, ...rest } = body(ask, stream);
    const told = turns.flatMap(({ history, results, question }) => [
      { role: "assistant", ...(history as object) },
      ...Object.entries(results).map(([tool_call_id, content]) => ({ role: "tool", tool_call_id, content })),
      ...(question === undefined ? [] : [{ role: "user", content: question }]),
    ]);
    return { ...rest, messages: [...messages, ...told] };
  },

  async read(response, stream) {
    if (response.status !== 200) return { error: ((await response.json()) as { code: string }).code };
    if (!stream) {
      const { message, done_reason } = (await response.json()) as Line;
      return readMessage(message as OllamaMessage, done_reason);
    }
    const lines = await linesOf(response);
    const blank = { role: "assistant", content: "" };
    const keepAlives = lines.filter(
      ({ message, done }) => done === false && JSON.stringify(message) === JSON.stringify(blank),
    ).length;
    const last = lines.at(-1);
    const told = readMessage(joinLines(lines), last?.["done_reason"]);
    if (last?.["error"] !== undefined) return { text: told.text, error: `${last["code"]}`, keepAlives };
    if (last?.["done"] !== true) throw new Error("the stream has no end");
    return { ...told, keepAlives };
  },
};
