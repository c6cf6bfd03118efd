import type { ChatMessage, ContentPart, FinishReason } from "@fallthrough/core";
import type { Ask, Column, Told } from "../dialogues.ts";
import { type Message, messageEvents, messageOf } from "../messages/ask.ts";

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: "stop",
  max_tokens: "length",
  refusal: "content-filter",
  tool_use: "tool-calls",
};

function formatMessage({ role, content }: ChatMessage): object {
  return { role, content: typeof content === "string" ? content : content?.map(formatPart) };
}

function formatPart(part: ContentPart): object {
  if (part.type === "text") return part;
  return { type: "image", source: { type: "base64", media_type: part.mediaType, data: part.data } };
}

function body(
  { messages, tools, toolChoice, responseFormat, maxOutputTokens, stopSequences, reasoningEffort }: Ask,
  stream: boolean,
) {
  return {
    model: "auto",
    messages: messages.map(formatMessage),
    tools: tools?.map(({ name, description, parameters }) => ({
      name,
      description,
      input_schema: parameters,
    })),
    tool_choice: toolChoice === "required" ? { type: "any" } : undefined,
    thinking: reasoningEffort && { type: "adaptive" },
    output_config: {
      effort: reasoningEffort,
      format:
        responseFormat?.type === "json" ? { type: "json_schema", schema: responseFormat.schema } : undefined,
    },
    max_tokens: maxOutputTokens,
    stop_sequences: stopSequences,
    stream,
  };
}

function textOf({ content }: Message, type: string, field: string): string {
  return content
    .filter((block) => block.type === type)
    .map((block) => block[field])
    .join("");
}

function readMessage(message: Message): Told {
  const calls = message.content.filter(({ type }) => type === "tool_use");
  return {
    text: textOf(message, "text", "text"),
    reasoning: textOf(message, "thinking", "thinking"),
    toolCalls: calls.map(({ id, name, input }) => ({
      id: `${id}`,
      name: `${name}`,
      arguments: JSON.stringify(input),
    })),
    finishReason: REASONS[`${message["stop_reason"]}`],
    history: message.content,
  };
}

export const messages: Column = {
  name: "messages",
  path: "/v1/messages",
  errors: { before: "invalid_request_error", after: "api_error" },
  body,

  // a schema has no name here, and says nothing about strictness
  carried: ({ responseFormat, ...ask }) =>
    responseFormat?.type === "json"
      ? { ...ask, responseFormat: { type: "json", schema: responseFormat.schema } }
      : ask,

  next(ask, stream, turns) {
    const { messages: before, ...rest } = body(ask, stream);
    const told = turns.flatMap(({ history, results, question }) => [
      { role: "assistant", content: history },
      {
        role: "user",
        content: [
          ...Object.entries(results).map(([tool_use_id, content]) => ({
            type: "tool_result",
            tool_use_id,
            content,
          })),
          ...(question === undefined ? [] : [{ type: "text", text: question }]),
        ],
      },
    ]);
    return { ...rest, messages: [...before, ...told] };
  },

  async read(response, stream) {
    if (response.status !== 200) {
      const { error } = (await response.json()) as { error: { type: string } };
      return { error: error.type };
    }
    if (!stream) return readMessage(await messageOf(response));
    const wire = await response.text();
    const events = messageEvents(wire);
    const keepAlives = events.filter(({ type }) => type === "ping").length;
    const told = readMessage(await messageOf(new Response(wire)));
    const error = events.find(({ type }) => type === "error")?.["error"] as { type: string } | undefined;
    // a turn that failed has no end
    if (error !== undefined) return { text: told.text, error: error.type, keepAlives };
    if (events.at(-1)?.type !== "message_stop") throw new Error("the stream has no end");
    return { ...told, keepAlives };
  },
};
