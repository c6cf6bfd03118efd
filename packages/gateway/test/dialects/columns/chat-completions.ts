import type { ChatMessage, ContentPart, FinishReason } from "@fallthrough/core";
import { expect } from "vitest";
import { eventsOf } from "../../case.ts";
import type { Ask, Column, Told } from "../dialogues.ts";

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  length: "length",
  content_filter: "content-filter",
  tool_calls: "tool-calls",
};

interface Message {
  role?: string;
  content?: string | null;
  reasoning_content?: string;
  reasoning_details?: unknown[];
  tool_calls?: {
    index?: number;
    id?: string;
    type?: string;
    function: { name?: string; arguments: string };
  }[];
}

interface Choice {
  readonly message?: Message;
  readonly delta?: Message;
  readonly finish_reason?: string | null;
}

function formatMessage({ role, content }: ChatMessage): object {
  return { role, content: typeof content === "string" ? content : content?.map(formatPart) };
}

function formatPart(part: ContentPart): object {
  if (part.type === "text") return part;
  return { type: "image_url", image_url: { url: `data:${part.mediaType};base64,${part.data}` } };
}

function body(
  { messages, tools, toolChoice, responseFormat, maxOutputTokens, stopSequences, reasoningEffort }: Ask,
  stream: boolean,
) {
  return {
    messages: messages.map(formatMessage),
    tools: tools?.map((tool) => ({ type: "function", function: tool })),
    tool_choice: toolChoice,
    response_format:
      responseFormat?.type === "json"
        ? {
            type: "json_schema",
            json_schema: {
              name: responseFormat.name,
              schema: responseFormat.schema,
              strict: responseFormat.strict,
            },
          }
        : undefined,
    max_completion_tokens: maxOutputTokens,
    stop: stopSequences,
    reasoning_effort: reasoningEffort,
    stream,
  };
}

function readMessage(message: Message, reason: string | null | undefined): Told {
  return {
    text: message.content ?? "",
    reasoning: message.reasoning_content,
    toolCalls: message.tool_calls?.map(({ id = "", function: { name = "", arguments: text } }) => ({
      id,
      name,
      arguments: text,
    })),
    finishReason: reason === undefined || reason === null ? undefined : REASONS[reason],
    history: message,
  };
}

/** The message that the deltas of a stream make. */
function joinDeltas(choices: readonly Choice[]): Message {
  const message: Message = { role: "assistant", content: "" };
  for (const { delta = {} } of choices) {
    message.content += delta.content ?? "";
    if (delta.reasoning_content) {
      message.reasoning_content = (message.reasoning_content ?? "") + delta.reasoning_content;
    }
    if (delta.reasoning_details) {
      message.reasoning_details = [...(message.reasoning_details ?? []), ...delta.reasoning_details];
    }
    for (const { index = 0, ...call } of delta.tool_calls ?? []) {
      message.tool_calls ??= [];
      const known = message.tool_calls[index];
      if (known === undefined) message.tool_calls[index] = call;
      else known.function.arguments += call.function.arguments;
    }
  }
  return message;
}

export const chatCompletions: Column = {
  name: "chat completions",
  path: "/v1/chat/completions",
  errors: { before: "context_length_exceeded", after: "interrupted" },
  body,

  next(ask, stream, turns) {
    const { messages, ...rest } = body(ask, stream);
    const told = turns.flatMap(({ history, results, question }) => [
      history,
      ...Object.entries(results).map(([tool_call_id, content]) => ({ role: "tool", tool_call_id, content })),
      ...(question === undefined ? [] : [{ role: "user", content: question }]),
    ]);
    return { ...rest, messages: [...messages, ...told] };
  },

  async read(response, stream) {
    if (response.status !== 200 || !stream) {
      const { error, choices } = (await response.json()) as { error?: { code: string }; choices?: Choice[] };
      if (error !== undefined) return { error: error.code };
      const [{ message = {}, finish_reason } = {}] = choices ?? [];
      return readMessage(message, finish_reason);
    }
    const wire = await response.text();
    const events = eventsOf(wire) as { choices?: Choice[]; error?: { code: string } }[];
    const choices = events.flatMap((event) => event.choices ?? []);
    const error = events.find((event) => event.error !== undefined)?.error?.code;
    expect(wire.endsWith("data: [DONE]\n\n")).toBe(error === undefined);
    return {
      ...readMessage(joinDeltas(choices), choices.at(-1)?.finish_reason),
      error,
      keepAlives: wire.split(": keepalive\n\n").length - 1,
    };
  },
};
