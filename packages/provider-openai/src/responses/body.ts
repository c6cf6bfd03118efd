import type { ChatMessage, ChatRequest, JsonObject, ResponseFormat } from "@fallthrough/core";
import {
  type AnswerForm,
  answerBlocks,
  type ContentForm,
  contentBlocks,
  type FormattedRequest,
  itemsOf,
  mediaUrl,
  plainText,
  type RequestTarget,
  type ToolCallIdForm,
  toolBlocks,
} from "@fallthrough/core/provider";
import { markError } from "../body.ts";

/** The ids of calls that servers take. */
export const TOOL_CALL_ID: ToolCallIdForm = { shape: /^.{1,64}$/s, length: 24 };

const CONTENT: ContentForm = {
  text: (text) => ({ type: "input_text", text }),
  media({ type, name: filename }, media) {
    const url = mediaUrl(media);
    if (type === "image") return { type: "input_image", image_url: url };
    return "url" in media
      ? { type: "input_file", filename, file_url: url }
      : { type: "input_file", filename: filename ?? "file", file_data: url };
  },
};
const ANSWER: AnswerForm = {
  text: (text) => ({ role: "assistant", content: text }),
  // the server keeps nothing, so that a thought is of use to it only where all of it is sent
  thought({ text }, note) {
    if (note["encrypted_content"] === undefined && note["content"] === undefined) return undefined;
    const summary = text === "" ? [] : [{ type: "summary_text", text }];
    return { type: "reasoning", summary, ...note };
  },
  call: ({ id, name, arguments: text }) => ({ type: "function_call", call_id: id, name, arguments: text }),
};

/** The body of a request for a response. */
export function formatBody(
  request: ChatRequest,
  target: RequestTarget,
): Pick<FormattedRequest, "fields" | "fixed"> {
  return {
    fields: {
      // the whole conversation is sent each time, so that any other server can go on with it
      store: false,
      include: ["reasoning.encrypted_content"],
      // schemas are strict in this protocol unless it is told otherwise
      tools: toolBlocks(request, ({ name, description, parameters, strict = false }) => ({
        type: "function",
        name,
        description,
        parameters,
        strict,
      })),
      text: formatText(request.responseFormat),
    },
    fixed: {
      model: target.model,
      input: itemsOf(request.messages, (message) => formatMessage(message, target)),
      stream: true,
    },
  };
}

function formatText(format: ResponseFormat | undefined): JsonObject | undefined {
  if (format?.type !== "json") return undefined;
  const { schema, name = "answer", description, strict } = format;
  if (schema === undefined) return { format: { type: "json_object" } };
  return { format: { type: "json_schema", name, description, schema, strict } };
}

function formatMessage(message: ChatMessage, target: RequestTarget): readonly JsonObject[] {
  if (message.role === "assistant") return answerBlocks(message, target, ANSWER);
  const blocks = contentBlocks(message.content, target.provider, CONTENT);
  // text alone is one string
  const content = plainText(blocks) ?? blocks;
  if (message.role !== "tool") return [{ role: message.role, content }];
  const output = message.isError ? markError(content, "input_text") : content;
  return [{ type: "function_call_output", call_id: message.toolCallId, output }];
}
