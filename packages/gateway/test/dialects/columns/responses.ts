import type { ChatMessage, ContentPart, FinishReason } from "@fallthrough/core";
import type { Ask, Column, Told } from "../dialogues.ts";
import { failure, type ResponseObject } from "../responses/open-responses.ts";
import { readEvents, readResponse } from "../responses/read-events.ts";

const REASONS: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: "length",
  content_filter: "content-filter",
};

function formatMessage({ role, content }: ChatMessage): object {
  return { type: "message", role, content: typeof content === "string" ? content : content?.map(formatPart) };
}

function formatPart(part: ContentPart): object {
  if (part.type === "text") return { type: "input_text", text: part.text };
  return { type: "input_image", image_url: `data:${part.mediaType};base64,${part.data}` };
}

function body(
  { messages, tools, toolChoice, responseFormat, maxOutputTokens, stopSequences, reasoningEffort }: Ask,
  stream: boolean,
) {
  return {
    model: "auto",
    input: messages.map(formatMessage),
    tools: tools?.map((tool) => ({ type: "function", ...tool })),
    tool_choice: toolChoice,
    text:
      responseFormat?.type === "json"
        ? {
            format: {
              type: "json_schema",
              name: responseFormat.name,
              schema: responseFormat.schema,
              strict: responseFormat.strict,
            },
          }
        : undefined,
    max_output_tokens: maxOutputTokens,
    stop: stopSequences,
    reasoning: reasoningEffort && { effort: reasoningEffort, summary: "auto" },
    stream,
  };
}

function readOutput({ output, incomplete_details }: ResponseObject): Told {
  const calls = output.filter((item) => item.type === "function_call");
  const reason = incomplete_details?.reason;
  return {
    text: output.flatMap(({ content = [] }) => content.map(({ text }) => text)).join(""),
    reasoning: output.flatMap(({ summary = [] }) => summary.map(({ text }) => text)).join(""),
    toolCalls: calls.map(({ call_id: id = "", name = "", arguments: text = "" }) => ({
      id,
      name,
      arguments: text,
    })),
    finishReason: reason === undefined ? (calls.length > 0 ? "tool-calls" : "stop") : REASONS[reason],
    history: output,
  };
}

function readFailure(value: unknown): Told {
  const { error } = failure.parse(value) as { readonly error: { readonly code: string } };
  return { error: error.code };
}

export const responses: Column = {
  name: "responses",
  path: "/v1/responses",
  errors: { before: "context_length_exceeded", after: "server_error" },
  lacks: { stop: "the protocol has no stop sequences" },
  body,

  next(ask, stream, turns) {
    const { input, ...rest } = body(ask, stream);
    const told = turns.flatMap(({ history, results, question }) => [
      ...(history as object[]),
      ...Object.entries(results).map(([call_id, output]) => ({
        type: "function_call_output",
        call_id,
        output,
      })),
      ...(question === undefined ? [] : [{ role: "user", content: question }]),
    ]);
    return { ...rest, store: false, input: [...input, ...told] };
  },

  async read(response, stream) {
    if (response.status !== 200) return readFailure(await response.json());
    if (!stream) return readOutput(readResponse(await response.json()));
    const { events, response: end } = readEvents(await response.text());
    const states = events.filter(({ type }) => type === "response.in_progress").length;
    if (end.status !== "failed") return { ...readOutput(end), keepAlives: states - 1 };
    const { text } = readOutput(end);
    return { text, error: end.error?.code, keepAlives: states - 1 };
  },
};
