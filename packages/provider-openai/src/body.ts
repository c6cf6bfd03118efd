import {
  ChatError,
  type ChatMessage,
  type ChatRequest,
  type ContentPart,
  type JsonObject,
  type JsonValue,
  type ResponseFormat,
  type ToolDefinition,
} from "@fallthrough/core";

/** Where servers that speak the same API differ in what they take. */
export interface Dialect {
  /** Asks for token counts at the end of a stream; a server that rejects this is not asked again. @default true */
  readonly streamUsage?: boolean | undefined;
  /** Limits the answer with `max_completion_tokens`, as OpenAI's reasoning models want it. @default false */
  readonly maxCompletionTokens?: boolean | undefined;
  /** JSON output without a schema is asked for as `json_object`; if not, as a schema of any object. @default true */
  readonly jsonObject?: boolean | undefined;
}

/** What `extraBody` cannot change: the rest of the call relies on it. */
export const FIXED_FIELDS: readonly string[] = ["model", "messages", "stream"];

/** How base64 text of the common image types begins. */
const IMAGE_TYPES: Readonly<Record<string, string>> = {
  iVBOR: "image/png",
  R0lGO: "image/gif",
  UklGR: "image/webp",
};

/** The JSON body that asks `model`; fields of `extraBody` go over those of the request. */
export function formatBody(
  request: ChatRequest,
  model: string,
  dialect: Dialect,
  extraBody: JsonObject = {},
): JsonObject {
  const { tools = [], toolChoice, responseFormat, maxOutputTokens, temperature, topP, seed } = request;
  return {
    stream_options: dialect.streamUsage === false ? undefined : { include_usage: true },
    max_tokens: dialect.maxCompletionTokens ? undefined : maxOutputTokens,
    max_completion_tokens: dialect.maxCompletionTokens ? maxOutputTokens : undefined,
    temperature,
    top_p: topP,
    seed,
    stop: request.stopSequences,
    tools: tools.length === 0 ? undefined : tools.map(formatTool),
    tool_choice: tools.length === 0 ? undefined : formatToolChoice(toolChoice),
    response_format: formatResponseFormat(responseFormat, dialect),
    ...extraBody,
    model,
    messages: request.messages.map(formatMessage),
    stream: true,
  };
}

function formatMessage(message: ChatMessage): JsonObject {
  const { role } = message;
  if (role === "tool")
    return { role, content: formatContent(message.content), tool_call_id: message.toolCallId };
  if (role !== "assistant") return { role, content: formatContent(message.content) };
  const { content, toolCalls = [] } = message;
  if (toolCalls.length === 0) return { role, content: content ?? "" };
  return {
    role,
    content: content ? content : null,
    tool_calls: toolCalls.map(({ id, name, arguments: text }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    })),
  };
}

/** Text alone is one string, because not every server takes a list. */
function formatContent(content: string | readonly ContentPart[]): JsonValue {
  if (typeof content === "string") return content;
  const texts = content.flatMap((part) => (part.type === "text" ? [part.text] : []));
  return texts.length === content.length ? texts.join("") : content.map(formatPart);
}

function formatPart(part: ContentPart): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image_url", image_url: { url: formatData(part.data, part.mediaType) } };
    case "file": {
      const data = formatData(part.data, part.mediaType ?? "application/octet-stream");
      return { type: "file", file: { filename: part.name, file_data: data } };
    }
  }
}

/** An URL that the server can read: the given one, or one that holds the data. */
function formatData(data: Uint8Array | URL | string, mediaType: string | undefined): string {
  if (data instanceof URL) {
    if (["data:", "http:", "https:"].includes(data.protocol)) return data.href;
    const problem = `an image or file part has an URL with \`${data.protocol}\``;
    throw new ChatError("bad-request", `${problem}, expected http, https, data, or the bytes themselves`);
  }
  if (typeof data === "string" && /^(?:data|https?):/i.test(data)) return data;
  const base64 = typeof data === "string" ? data : bytesOf(data).toString("base64");
  return `data:${mediaType ?? IMAGE_TYPES[base64.slice(0, 5)] ?? "image/jpeg"};base64,${base64}`;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function formatTool({ name, description, parameters, strict }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters, strict } };
}

function formatToolChoice(choice: ChatRequest["toolChoice"]): JsonValue | undefined {
  return typeof choice === "object" ? { type: "function", function: { name: choice.name } } : choice;
}

function formatResponseFormat(format: ResponseFormat | undefined, dialect: Dialect): JsonObject | undefined {
  if (format?.type !== "json") return undefined;
  if (format.schema === undefined && dialect.jsonObject !== false) return { type: "json_object" };
  const { schema, name = "answer" } = format;
  const json_schema =
    schema === undefined ? { name, schema: { type: "object" } } : { name, schema, strict: true };
  return { type: "json_schema", json_schema };
}
