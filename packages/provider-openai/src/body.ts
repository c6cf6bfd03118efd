import type {
  AssistantMessage,
  ChatMessage,
  ChatRequest,
  ContentPart,
  JsonObject,
  JsonValue,
  ResponseFormat,
  ToolDefinition,
} from "@fallthrough/core";
import {
  mapToolCallIds,
  mediaUrl,
  mergeFields,
  readMedia,
  type ToolCallIdForm,
  withOwnFields,
} from "@fallthrough/core/provider";

/** Where servers that speak the same API differ in what they take. */
export interface Dialect {
  /** Asks for token counts at the end of a stream; a server that rejects this is not asked again. @default true */
  readonly streamUsage?: boolean | undefined;
  /** Limits the answer with `max_completion_tokens`, as OpenAI's reasoning models want it. @default false */
  readonly maxCompletionTokens?: boolean | undefined;
  /** JSON output without a schema is asked for as `json_object`; if not, as a schema of any object. @default true */
  readonly jsonObject?: boolean | undefined;
  /** Sends `topK` as `top_k`; if not, it is left out with a warning. @default false */
  readonly topK?: boolean | undefined;
  /** The server takes ids of tool calls with exactly so many letters and digits; others are replaced. @default any id */
  readonly toolCallIdLength?: number | undefined;
  /** The server takes ids of tool calls of at most so many characters; longer ones are replaced. @default any id */
  readonly longestToolCallId?: number | undefined;
  /** The field in which the server wants its thoughts back. @default the one in which it gave them */
  readonly reasoningField?: ReasoningField | undefined;
}

/** The fields in which servers give thoughts. */
export type ReasoningField = "reasoning_content" | "reasoning";

/** Whom a body is for. */
export interface BodyTarget {
  /** The provider's id: only its own `providerData` is sent. */
  readonly provider: string;
  /** The model that is asked. */
  readonly model: string;
  /** What its server takes. */
  readonly dialect: Dialect;
  /** Goes over the fields of the request. */
  readonly extraBody?: JsonObject | undefined;
}

/** What neither `extraBody` nor `extraFields` can change: the rest of the call relies on it. */
export const FIXED_FIELDS: readonly string[] = ["model", "messages", "stream"];

/** Where answers of the other API keep what only they need, in the data of a message or a thought. */
export const NOTE = "responses";

/** Where an answer that thinks notes the field of its thoughts, in the data of its message. */
export const REASONING_FIELD = "reasoning_field";

/** The JSON body of a request. */
export function formatBody(request: ChatRequest, target: BodyTarget): JsonObject {
  const { tools = [], maxOutputTokens, responseFormat, extraFields = {} } = request;
  const { model, dialect, extraBody = {} } = target;
  const called = tools.length > 0;
  const fields: JsonObject = {
    stream_options: dialect.streamUsage === false ? undefined : { include_usage: true },
    max_tokens: dialect.maxCompletionTokens ? undefined : maxOutputTokens,
    max_completion_tokens: dialect.maxCompletionTokens ? maxOutputTokens : undefined,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: dialect.topK ? request.topK : undefined,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    seed: request.seed,
    stop: request.stopSequences,
    reasoning_effort: request.reasoningEffort,
    tools: called ? tools.map(formatTool) : undefined,
    tool_choice: called ? formatToolChoice(request.toolChoice) : undefined,
    parallel_tool_calls: called ? request.parallelToolCalls : undefined,
    response_format: formatResponseFormat(responseFormat, dialect),
  };
  return {
    ...mergeFields(mergeFields(fields, extraFields), extraBody),
    model,
    messages: formatMessages(request.messages, target),
    stream: true,
  };
}

function formatMessages(messages: readonly ChatMessage[], target: BodyTarget): JsonObject[] {
  const form = toolCallIdForm(target.dialect);
  const toolCallId = form === undefined ? (id: string) => id : mapToolCallIds(messages, form);
  return messages.map((message) =>
    mergeFields(message.extraFields, formatMessage(message, target, toolCallId)),
  );
}

function toolCallIdForm({ toolCallIdLength, longestToolCallId }: Dialect): ToolCallIdForm | undefined {
  if (toolCallIdLength !== undefined) {
    return { shape: new RegExp(`^[a-zA-Z0-9]{${toolCallIdLength}}$`), length: toolCallIdLength };
  }
  if (longestToolCallId === undefined) return undefined;
  return { shape: new RegExp(`^.{1,${longestToolCallId}}$`, "s"), length: longestToolCallId };
}

function formatMessage(
  message: ChatMessage,
  target: BodyTarget,
  toolCallId: (id: string) => string,
): JsonObject {
  const { role } = message;
  switch (role) {
    case "assistant":
      return formatAnswer(message, target, toolCallId);
    case "tool": {
      const content = formatContent(message.content, target.provider);
      return {
        role,
        content: message.isError ? markError(content, "text") : content,
        tool_call_id: toolCallId(message.toolCallId),
      };
    }
    case "user":
      return { role, content: formatContent(message.content, target.provider), name: message.name };
    default:
      return { role, content: formatContent(message.content, target.provider) };
  }
}

function formatAnswer(
  message: AssistantMessage,
  target: BodyTarget,
  toolCallId: (id: string) => string,
): JsonObject {
  const { role, content, toolCalls = [] } = message;
  const fields = mergeFields(thoughtsOf(message, target), {
    role,
    content: content ? content : toolCalls.length === 0 ? "" : null,
  });
  if (toolCalls.length === 0) return fields;
  const calls = toolCalls.map(({ id, name, arguments: text, providerData, extraFields }) => {
    const call = { id: toolCallId(id), type: "function", function: { name, arguments: text } };
    return withOwnFields(target.provider, { providerData, extraFields }, call);
  });
  return { ...fields, tool_calls: calls };
}

/** What the server that is asked gave with this answer beside its text and its calls, as it wants it back. */
function thoughtsOf(message: AssistantMessage, { provider, dialect }: BodyTarget): JsonObject {
  const { reasoning = [], providerData } = message;
  const { [REASONING_FIELD]: given, [NOTE]: _, ...data } = providerData?.[provider] ?? {};
  // the same thoughts, with what proves them
  if (data["reasoning_details"] !== undefined) return data;
  const details = reasoning.flatMap((part) => listOf(part.providerData?.[provider]?.["reasoning_details"]));
  if (details.length > 0) return { ...data, reasoning_details: details };
  const field = parseField(given) ?? (isForeign(message, provider) ? undefined : dialect.reasoningField);
  const text = reasoning.map((part) => part.text).join("");
  return field === undefined || text === "" ? data : { [field]: text, ...data };
}

function parseField(value: unknown): ReasoningField | undefined {
  return value === "reasoning_content" || value === "reasoning" ? value : undefined;
}

/** Whether another provider wrote this answer; one without any data may come from anywhere. */
function isForeign({ providerData, reasoning = [], toolCalls = [] }: AssistantMessage, id: string): boolean {
  const writers = [{ providerData }, ...reasoning, ...toolCalls].flatMap((piece) =>
    Object.keys(piece.providerData ?? {}),
  );
  return writers.length > 0 && !writers.includes(id);
}

function listOf(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** Says that a tool failed, for which there is no field; `type` is that of a text among pieces. */
export function markError(content: JsonValue, type: string): JsonValue {
  const mark = "The tool failed: ";
  return Array.isArray(content) ? [{ type, text: mark }, ...content] : `${mark}${content}`;
}

/** Text alone is one string, because not every server takes a list; a piece with fields of its own stays one. */
function formatContent(content: string | readonly ContentPart[], provider: string): JsonValue {
  if (typeof content === "string") return content;
  const pieces = content.map((part) => withOwnFields(provider, part, formatPart(part)));
  const texts = pieces.flatMap((piece) => (isPlainText(piece) ? [piece["text"]] : []));
  return texts.length === pieces.length ? texts.join("") : pieces;
}

function isPlainText(piece: JsonObject): boolean {
  return piece["type"] === "text" && Object.keys(piece).length === 2;
}

function formatPart(part: ContentPart): JsonObject {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image_url", image_url: { url: mediaUrl(readMedia(part)) } };
    case "file":
      return { type: "file", file: { filename: part.name, file_data: mediaUrl(readMedia(part)) } };
  }
}

function formatTool({ name, description, parameters, strict, extraFields }: ToolDefinition): JsonObject {
  return mergeFields(extraFields, { type: "function", function: { name, description, parameters, strict } });
}

function formatToolChoice(choice: ChatRequest["toolChoice"]): JsonValue | undefined {
  return typeof choice === "object" ? { type: "function", function: { name: choice.name } } : choice;
}

function formatResponseFormat(format: ResponseFormat | undefined, dialect: Dialect): JsonObject | undefined {
  if (format?.type !== "json") return undefined;
  const { schema, name = "answer", description, strict } = format;
  if (schema === undefined && dialect.jsonObject !== false) return { type: "json_object" };
  const json_schema = { name, description, schema: schema ?? { type: "object" }, strict };
  return { type: "json_schema", json_schema };
}
