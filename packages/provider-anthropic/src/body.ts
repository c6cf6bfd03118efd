import {
  type AssistantMessage,
  ChatError,
  type ChatRequest,
  type ContentPart,
  type JsonObject,
  type JsonValue,
  type MediaPart,
  type ReasoningPart,
  type ToolCall,
} from "@fallthrough/core";
import {
  argumentsOf,
  inLayout,
  mapToolCallIds,
  mergeFields,
  readMedia,
  type TurnMessage,
  turnsOf,
  withOwnFields,
} from "@fallthrough/core/provider";
import { thinks } from "./wishes.ts";

/** Whom a body is for. */
export interface BodyTarget {
  /** The provider's id: only its own `providerData` is sent. */
  readonly provider: string;
  /** The model that is asked. */
  readonly model: string;
  /** Tokens of an answer where the request names none. @default 8192; 32000 to think */
  readonly maxOutputTokens: number | undefined;
  /** Goes over the fields of the request. */
  readonly extraBody: JsonObject;
}

/** The field in the data of a message that keeps the order of its blocks. */
export const LAYOUT = "layout";

/** What neither `extraBody` nor `extraFields` can change: the rest of the call relies on it. */
export const FIXED_FIELDS: readonly string[] = ["model", "messages", "stream"];

const USUAL_OUTPUT_TOKENS = 8192;
/** Thoughts count as output. */
const THINKING_OUTPUT_TOKENS = 32_000;
const TOOL_CALL_ID = { shape: /^[a-zA-Z0-9_-]{1,64}$/, length: 24 };
const ANSWER_IN_JSON = "Answer with one JSON value and nothing else.";

/** The JSON body of a request. */
export function formatBody(request: ChatRequest, target: BodyTarget): JsonObject {
  const { tools = [], responseFormat, reasoningEffort, extraFields = {} } = request;
  const isThinking = thinks(request);
  const usual = target.maxOutputTokens ?? (isThinking ? THINKING_OUTPUT_TOKENS : USUAL_OUTPUT_TOKENS);
  const schema = responseFormat?.type === "json" ? responseFormat.schema : undefined;
  const output = {
    ...(isThinking ? { effort: reasoningEffort === "minimal" ? "low" : reasoningEffort } : {}),
    ...(schema === undefined ? {} : { format: { type: "json_schema", schema: closed(schema) } }),
  };
  const fields: JsonObject = {
    max_tokens: request.maxOutputTokens ?? usual,
    system: formatSystem(request),
    temperature: isThinking ? undefined : request.temperature,
    top_p: isThinking ? undefined : request.topP,
    top_k: isThinking ? undefined : request.topK,
    stop_sequences: request.stopSequences,
    thinking: formatThinking(isThinking, reasoningEffort),
    output_config: Object.keys(output).length === 0 ? undefined : output,
    tools:
      tools.length === 0
        ? undefined
        : tools.map(({ name, description, parameters, strict, extraFields: more }) =>
            mergeFields(more, { name, description, input_schema: { type: "object", ...parameters }, strict }),
          ),
    tool_choice: tools.length === 0 ? undefined : formatToolChoice(request),
  };
  const toolCallId = mapToolCallIds(request.messages, TOOL_CALL_ID);
  const turns = turnsOf(request.messages, "assistant", (message) =>
    formatMessage(message, target, toolCallId),
  );
  return {
    ...mergeFields(mergeFields(fields, extraFields), target.extraBody),
    model: target.model,
    messages: turns.map(({ role, blocks }) => ({ role, content: blocks })),
    stream: true,
  };
}

/** Newer models keep their thoughts to themselves unless they are asked for a summary. */
function formatThinking(isThinking: boolean, effort: ChatRequest["reasoningEffort"]): JsonObject | undefined {
  if (isThinking) return { type: "adaptive", display: "summarized" };
  return effort === "none" ? { type: "disabled" } : undefined;
}

function formatToolChoice({ toolChoice, parallelToolCalls }: ChatRequest): JsonObject | undefined {
  const parallel = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls };
  if (typeof toolChoice === "object") return { type: "tool", name: toolChoice.name, ...parallel };
  if (toolChoice === "none") return { type: "none" };
  if (toolChoice === undefined && parallelToolCalls === undefined) return undefined;
  return { type: toolChoice === "required" ? "any" : "auto", ...parallel };
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

/** Not every model takes a system message in the middle, so all of them stand in front. */
function formatSystem({ messages, responseFormat }: ChatRequest): JsonValue | undefined {
  const blocks = messages.flatMap((message) =>
    message.role === "system" ? textBlocks(message.content, message.extraFields) : [],
  );
  if (responseFormat?.type === "json" && responseFormat.schema === undefined) {
    blocks.push({ type: "text", text: ANSWER_IN_JSON });
  }
  if (blocks.length === 0) return undefined;
  const isPlain = blocks.every((block) => Object.keys(block).length === 2);
  return isPlain ? blocks.map(({ text }) => text).join("\n\n") : blocks;
}

function formatMessage(
  message: TurnMessage,
  target: BodyTarget,
  toolCallId: (id: string) => string,
): readonly JsonObject[] {
  switch (message.role) {
    case "assistant":
      return formatAnswer(message, target, toolCallId);
    case "tool": {
      const content = formatContent(message.content, target);
      return [
        {
          type: "tool_result",
          tool_use_id: toolCallId(message.toolCallId),
          content: content.length === 0 ? undefined : content,
          is_error: message.isError ? true : undefined,
        },
      ];
    }
    default:
      return formatContent(message.content, target);
  }
}

/** The blocks of an answer, in the order in which they came where its writer noted it. */
function formatAnswer(
  { content, reasoning = [], toolCalls = [], providerData }: AssistantMessage,
  { provider }: BodyTarget,
  toolCallId: (id: string) => string,
): readonly JsonObject[] {
  return inLayout(providerData?.[provider]?.[LAYOUT], {
    thoughts: reasoning.flatMap((part) => formatThought(part, provider)),
    text: content ?? "",
    calls: toolCalls.map((call) => formatCall(call, provider, toolCallId)),
    formatText: (text) => textBlocks(text),
  });
}

/** A thought that another server wrote proves nothing, and is refused. */
function formatThought({ text, providerData }: ReasoningPart, provider: string): JsonObject[] {
  const { redacted_thinking: data, signature } = providerData?.[provider] ?? {};
  if (data !== undefined) return [{ type: "redacted_thinking", data }];
  return signature === undefined ? [] : [{ type: "thinking", thinking: text, signature }];
}

function formatCall(call: ToolCall, provider: string, toolCallId: (id: string) => string): JsonObject {
  const { id, name, arguments: text } = call;
  return withOwnFields(provider, call, {
    type: "tool_use",
    id: toolCallId(id),
    name,
    input: argumentsOf(text),
  });
}

function formatContent(content: string | readonly ContentPart[], { provider }: BodyTarget): JsonObject[] {
  if (typeof content === "string") return textBlocks(content);
  return content.flatMap((part) => {
    const blocks = part.type === "text" ? textBlocks(part.text) : [formatMedia(part)];
    return blocks.map((block) => withOwnFields(provider, part, block));
  });
}

/** A blank text is refused. */
function textBlocks(text: string, extraFields?: JsonObject): JsonObject[] {
  return text.trim() === "" ? [] : [mergeFields(extraFields, { type: "text", text })];
}

function formatMedia(part: MediaPart): JsonObject {
  const media = readMedia(part);
  const title = part.name;
  if ("url" in media) {
    const source = { type: "url", url: media.url };
    return part.type === "image" ? { type: "image", source } : { type: "document", source, title };
  }
  const { base64: data, mediaType: media_type } = media;
  if (media_type.startsWith("image/")) return { type: "image", source: { type: "base64", media_type, data } };
  if (media_type === "application/pdf") {
    return { type: "document", source: { type: "base64", media_type, data }, title };
  }
  if (media_type.startsWith("text/") || media_type === "application/json") {
    const text = Buffer.from(data, "base64").toString("utf8");
    return { type: "document", source: { type: "text", media_type: "text/plain", data: text }, title };
  }
  const problem = `a file part has the media type \`${media_type}\``;
  throw new ChatError("unsupported", `${problem}, expected an image, a PDF or a text`);
}
