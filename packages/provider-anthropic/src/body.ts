import {
  ChatError,
  type ChatRequest,
  type JsonObject,
  type JsonValue,
  type MediaPart,
} from "@fallthrough/core";
import {
  answerBlocks,
  argumentsOf,
  type BlockForm,
  contentBlocks,
  type FormattedRequest,
  type Media,
  plainText,
  type RequestTarget,
  systemBlocks,
  type ToolCallIdForm,
  type TurnMessage,
  toolBlocks,
  turnsOf,
} from "@fallthrough/core/provider";
import { thinks } from "./wishes.ts";

/** The ids of calls that servers take. */
export const TOOL_CALL_ID: ToolCallIdForm = { shape: /^[a-zA-Z0-9_-]{1,64}$/, length: 24 };

const USUAL_OUTPUT_TOKENS = 8192;
/** Thoughts count as output. */
const THINKING_OUTPUT_TOKENS = 32_000;
const ANSWER_IN_JSON: JsonObject = { type: "text", text: "Answer with one JSON value and nothing else." };
const LOOSE_JSON =
  "the server takes no JSON output without a schema, so the model was told to answer in JSON";

const FORM: BlockForm = {
  // a blank text is refused
  text: (text) => (text.trim() === "" ? undefined : { type: "text", text }),
  media: formatMedia,
  // one that another server wrote proves nothing, and is refused
  thought({ text }, { redacted_thinking: data, signature }) {
    if (data !== undefined) return { type: "redacted_thinking", data };
    return signature === undefined ? undefined : { type: "thinking", thinking: text, signature };
  },
  call: ({ id, name, arguments: text }, data) => ({
    ...data,
    type: "tool_use",
    id,
    name,
    input: argumentsOf(text),
  }),
};

/** The body of a request; `maxOutputTokens` is the limit of an answer where the request names none. */
export function formatBody(
  request: ChatRequest,
  target: RequestTarget,
  maxOutputTokens: number | undefined = thinks(request) ? THINKING_OUTPUT_TOKENS : USUAL_OUTPUT_TOKENS,
): Omit<FormattedRequest, "path"> {
  const { messages, responseFormat: format } = request;
  const schema = format?.type === "json" ? format.schema : undefined;
  const isLoose = format?.type === "json" && schema === undefined;
  // not every model takes a system message in the middle, so all of them stand in front
  const system = [...systemBlocks(messages, FORM), ...(isLoose ? [ANSWER_IN_JSON] : [])];
  const turns = turnsOf(messages, "assistant", (message) => formatMessage(message, target));
  return {
    fields: {
      max_tokens: request.maxOutputTokens ?? maxOutputTokens,
      system: system.length === 0 ? undefined : (plainText(system, "\n\n") ?? system),
      output_config: schema && { format: { type: "json_schema", schema: closed(schema) } },
      tools: toolBlocks(request, ({ name, description, parameters, strict }) => ({
        name,
        description,
        input_schema: { type: "object", ...parameters },
        strict,
      })),
    },
    fixed: {
      model: target.model,
      messages: turns.map(({ role, blocks }) => ({ role, content: blocks })),
      stream: true,
    },
    adjusted: isLoose ? [LOOSE_JSON] : [],
  };
}

/** Objects of a schema for strict output name all that they may hold. */
function closed(schema: JsonValue): JsonValue {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const fields = Object.fromEntries(
    Object.entries(schema).map(([name, value]) => [name, value === undefined ? value : closed(value)]),
  );
  const isOpen = fields["type"] === "object" && fields["additionalProperties"] === undefined;
  return isOpen ? { ...fields, additionalProperties: false } : fields;
}

function formatMessage(message: TurnMessage, target: RequestTarget): readonly JsonObject[] {
  if (message.role === "assistant") return answerBlocks(message, target, FORM);
  const blocks = contentBlocks(message.content, target.provider, FORM);
  if (message.role === "user") return blocks;
  const content = blocks.length === 0 ? undefined : blocks;
  const is_error = message.isError ? true : undefined;
  return [{ type: "tool_result", tool_use_id: message.toolCallId, content, is_error }];
}

function formatMedia({ type, name: title }: MediaPart, media: Media): JsonObject {
  const source: JsonObject =
    "url" in media
      ? { type: "url", url: media.url }
      : { type: "base64", media_type: media.mediaType, data: media.base64 };
  const kind = "url" in media ? type : media.mediaType;
  if (/^image(?:\/|$)/.test(kind)) return { type: "image", source };
  if (kind === "file" || kind === "application/pdf") return { type: "document", source, title };
  if ("base64" in media && /^text\/|^application\/json$/.test(kind)) {
    const data = Buffer.from(media.base64, "base64").toString("utf8");
    return { type: "document", source: { type: "text", media_type: "text/plain", data }, title };
  }
  const problem = `a file part has the media type \`${kind}\``;
  throw new ChatError("unsupported", `${problem}, expected an image, a PDF or a text`);
}
