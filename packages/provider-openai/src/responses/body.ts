import type {
  AssistantMessage,
  ChatMessage,
  ChatRequest,
  ContentPart,
  JsonObject,
  JsonValue,
  ReasoningPart,
  ResponseFormat,
  ToolDefinition,
} from "@fallthrough/core";
import { inLayout, mapToolCallIds, mergeFields, withOwnFields } from "@fallthrough/core/provider";
import { formatMedia, markError, NOTE } from "../body.ts";
import type { AnswerNote, ThoughtNote } from "./note.ts";

/** Whom a body is for. */
export interface ResponsesTarget {
  /** The provider's id: only its own `providerData` is sent. */
  readonly provider: string;
  /** The model that is asked. */
  readonly model: string;
  /** Goes over the fields of the request. */
  readonly extraBody: JsonObject;
}

/** What neither `extraBody` nor `extraFields` can change: the rest of the call relies on it. */
export const FIXED_FIELDS: readonly string[] = ["model", "input", "stream"];

const TOOL_CALL_ID = { shape: /^.{1,64}$/s, length: 24 };

/** The JSON body of a request for a response. */
export function formatBody(request: ChatRequest, target: ResponsesTarget): JsonObject {
  const { tools = [], reasoningEffort: effort, responseFormat, extraFields = {} } = request;
  const called = tools.length > 0;
  const fields: JsonObject = {
    // the whole conversation is sent each time, so that any other server can go on with it
    store: false,
    include: ["reasoning.encrypted_content"],
    max_output_tokens: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    reasoning:
      effort === undefined ? undefined : effort === "none" ? { effort } : { effort, summary: "auto" },
    tools: called ? tools.map(formatTool) : undefined,
    tool_choice: called ? formatToolChoice(request.toolChoice) : undefined,
    parallel_tool_calls: called ? request.parallelToolCalls : undefined,
    text: formatText(responseFormat),
  };
  const toolCallId = mapToolCallIds(request.messages, TOOL_CALL_ID);
  return {
    ...mergeFields(mergeFields(fields, extraFields), target.extraBody),
    model: target.model,
    input: request.messages.flatMap((message) => formatMessage(message, target.provider, toolCallId)),
    stream: true,
  };
}

/** Schemas are strict in this protocol unless it is told otherwise. */
function formatTool({ name, description, parameters, strict, extraFields }: ToolDefinition): JsonObject {
  return mergeFields(extraFields, {
    type: "function",
    name,
    description,
    parameters,
    strict: strict ?? false,
  });
}

function formatToolChoice(choice: ChatRequest["toolChoice"]): JsonValue | undefined {
  return typeof choice === "object" ? { type: "function", name: choice.name } : choice;
}

function formatText(format: ResponseFormat | undefined): JsonObject | undefined {
  if (format?.type !== "json") return undefined;
  const { schema, name = "answer", description, strict } = format;
  if (schema === undefined) return { format: { type: "json_object" } };
  return { format: { type: "json_schema", name, description, schema, strict } };
}

/** The items of a message. Its extra fields stand on the last one. */
function formatMessage(
  message: ChatMessage,
  provider: string,
  toolCallId: (id: string) => string,
): readonly JsonObject[] {
  const items = [...formatItems(message, provider, toolCallId)];
  const last = items.pop();
  return last === undefined ? [] : [...items, mergeFields(message.extraFields, last)];
}

function formatItems(
  message: ChatMessage,
  provider: string,
  toolCallId: (id: string) => string,
): readonly JsonObject[] {
  switch (message.role) {
    case "assistant":
      return formatAnswer(message, provider, toolCallId);
    case "tool": {
      const content = formatContent(message.content, provider);
      const output = message.isError ? markError(content, "input_text") : content;
      return [{ type: "function_call_output", call_id: toolCallId(message.toolCallId), output }];
    }
    default:
      return [{ role: message.role, content: formatContent(message.content, provider) }];
  }
}

/** The items of an answer, in the order in which they came. */
function formatAnswer(
  { content, reasoning = [], toolCalls = [], providerData }: AssistantMessage,
  provider: string,
  toolCallId: (id: string) => string,
): readonly JsonObject[] {
  const { layout, phases = [] } = (providerData?.[provider]?.[NOTE] ?? {}) as AnswerNote;
  return inLayout(layout, {
    thoughts: reasoning.flatMap((part) => formatThought(part, provider)),
    text: content ?? "",
    calls: toolCalls.map(({ id, name, arguments: text, extraFields }) =>
      mergeFields(extraFields, { type: "function_call", call_id: toolCallId(id), name, arguments: text }),
    ),
    formatText: (text, index) =>
      text === "" ? [] : [{ role: "assistant", content: text, phase: phases[index] ?? undefined }],
  });
}

/** The server keeps nothing, so that a thought is of use to it only where all of it is sent. */
function formatThought({ text, providerData }: ReasoningPart, provider: string): readonly JsonObject[] {
  const note = providerData?.[provider]?.[NOTE] as ThoughtNote | undefined;
  if (note?.encrypted_content === undefined && note?.content === undefined) return [];
  const { summary = text === "" ? [] : [{ type: "summary_text", text }] } = note;
  return [{ type: "reasoning", ...note, summary }];
}

/** Text alone is one string. */
function formatContent(content: string | readonly ContentPart[], provider: string): JsonValue {
  if (typeof content === "string") return content;
  const pieces = content.map((part) => withOwnFields(provider, part, formatPart(part)));
  const isPlain = pieces.every((piece) => piece["type"] === "input_text" && Object.keys(piece).length === 2);
  return isPlain ? pieces.map((piece) => piece["text"]).join("") : pieces;
}

function formatPart(part: ContentPart): JsonObject {
  if (part.type === "text") return { type: "input_text", text: part.text };
  const url = formatMedia(part);
  if (part.type === "image") return { type: "input_image", image_url: url };
  const filename = part.name;
  return url.startsWith("data:")
    ? { type: "input_file", filename: filename ?? "file", file_data: url }
    : { type: "input_file", filename, file_url: url };
}
