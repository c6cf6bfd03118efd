import type {
  AssistantMessage,
  ChatMessage,
  ChatRequest,
  ContentPart,
  JsonObject,
  MediaPart,
  ToolMessage,
} from "@fallthrough/core";
import { argumentsOf, mergeFields, readMedia, turnsOf, withOwnFields } from "@fallthrough/core/provider";
import { SIGNED_TEXTS, type SignedText } from "./answer.ts";
import { formatThinking } from "./wishes.ts";

/** Whom a body is for. */
export interface BodyTarget {
  /** The provider's id: only its own `providerData` is sent. */
  readonly provider: string;
  /** The model that is asked. */
  readonly model: string;
  /** Goes over the fields of the request. */
  readonly extraBody: JsonObject;
}

/** What neither `extraBody` nor `extraFields` can change: the rest of the call relies on it. */
export const FIXED_FIELDS: readonly string[] = ["contents"];

/** The JSON body of a request. */
export function formatBody(request: ChatRequest, { provider, model, extraBody }: BodyTarget): JsonObject {
  const { messages, tools = [], toolChoice, responseFormat, extraFields = {} } = request;
  const json = responseFormat?.type === "json" ? responseFormat : undefined;
  const config: JsonObject = {
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    seed: request.seed,
    stopSequences: request.stopSequences,
    responseMimeType: json && "application/json",
    responseJsonSchema: json?.schema,
    thinkingConfig: formatThinking(request.reasoningEffort, model),
  };
  const declarations = tools.map(({ name, description, parameters, extraFields: more }) =>
    mergeFields(more, { name, description, parametersJsonSchema: parameters }),
  );
  const fields: JsonObject = {
    systemInstruction: formatSystem(messages),
    generationConfig: Object.values(config).some((value) => value !== undefined) ? config : undefined,
    tools: tools.length === 0 ? undefined : [{ functionDeclarations: declarations }],
    toolConfig: tools.length === 0 ? undefined : formatToolChoice(toolChoice),
  };
  const calls = callsOf(messages, provider);
  const turns = turnsOf(inOrderOfCalls(messages), "model", (message) =>
    formatMessage(message, provider, calls),
  );
  return {
    ...mergeFields(mergeFields(fields, extraFields), extraBody),
    contents: turns.map(({ role, blocks }) => ({ role, parts: blocks })),
  };
}

function formatSystem(messages: readonly ChatMessage[]): JsonObject | undefined {
  const parts = messages.flatMap((message) =>
    message.role === "system"
      ? textParts(message.content).map((part) => mergeFields(message.extraFields, part))
      : [],
  );
  return parts.length === 0 ? undefined : { parts };
}

function formatToolChoice(choice: ChatRequest["toolChoice"]): JsonObject | undefined {
  if (choice === undefined) return undefined;
  const functionCallingConfig =
    typeof choice === "object"
      ? { mode: "ANY", allowedFunctionNames: [choice.name] }
      : { mode: choice === "required" ? "ANY" : choice.toUpperCase() };
  return { functionCallingConfig };
}

/** What the results of calls say of these: the name, and the id where the server gave one. */
type Calls = ReadonlyMap<string, { readonly name: string; readonly id: JsonObject["id"] }>;

function callsOf(messages: readonly ChatMessage[], provider: string): Calls {
  const calls = messages.flatMap((message) =>
    message.role === "assistant" ? (message.toolCalls ?? []) : [],
  );
  return new Map(
    calls.map(({ id, name, providerData }) => [id, { name, id: providerData?.[provider]?.["id"] }]),
  );
}

/** The same messages, with the results of calls in the order in which the calls were made. */
function inOrderOfCalls(messages: readonly ChatMessage[]): ChatMessage[] {
  const order = new Map<string, number>();
  const sorted: ChatMessage[] = [];
  let results: ToolMessage[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      results.push(message);
      continue;
    }
    sorted.push(...results.sort(byCall), message);
    results = [];
    if (message.role !== "assistant") continue;
    order.clear();
    for (const [index, { id }] of (message.toolCalls ?? []).entries()) order.set(id, index);
  }
  return [...sorted, ...results.sort(byCall)];

  function byCall(one: ToolMessage, other: ToolMessage): number {
    return (order.get(one.toolCallId) ?? order.size) - (order.get(other.toolCallId) ?? order.size);
  }
}

function formatMessage(
  message: Exclude<ChatMessage, { readonly role: "system" }>,
  provider: string,
  calls: Calls,
): JsonObject[] {
  switch (message.role) {
    case "assistant":
      return formatAnswer(message, provider);
    case "tool":
      return [formatResult(message, calls)];
    default:
      return formatContent(message.content, provider);
  }
}

/** Signatures stand where they stood; thoughts without one tell the server nothing. */
function formatAnswer(
  { content, reasoning = [], toolCalls = [], providerData }: AssistantMessage,
  provider: string,
): JsonObject[] {
  const thoughts = reasoning.flatMap(({ text, providerData: data }) => {
    const { thoughtSignature } = data?.[provider] ?? {};
    return thoughtSignature === undefined ? [] : [{ text, thought: true, thoughtSignature }];
  });
  const calls = toolCalls.map(({ name, arguments: text, providerData: data, extraFields }) => {
    const { id, thoughtSignature } = data?.[provider] ?? {};
    return mergeFields(extraFields, {
      functionCall: { id, name, args: argumentsOf(text) },
      thoughtSignature,
    });
  });
  const signed = providerData?.[provider]?.[SIGNED_TEXTS] as readonly SignedText[] | undefined;
  return [...thoughts, ...signedParts(content ?? "", signed ?? []), ...calls];
}

/** A text whose pieces are signed is cut where it was; one that somebody has changed has lost its signatures. */
function signedParts(text: string, signed: readonly SignedText[]): JsonObject[] {
  const isChanged = !Array.isArray(signed) || signed.some(({ to }) => !(to <= text.length));
  if (isChanged) return textParts(text);
  let at = 0;
  const parts = signed.flatMap(({ from, to, thoughtSignature }) => {
    const before = textParts(text.slice(at, from));
    at = to;
    return [...before, { text: text.slice(from, to), thoughtSignature }];
  });
  return [...parts, ...textParts(text.slice(at))];
}

/** The protocol wants an object: `output` is what the tool gave, `error` what it failed with. */
function formatResult({ toolCallId, toolName, content, isError }: ToolMessage, calls: Calls): JsonObject {
  const pieces = typeof content === "string" ? [{ type: "text", text: content } as const] : content;
  const text = pieces.map((part) => (part.type === "text" ? part.text : "")).join("");
  const media = pieces.flatMap((part) => (part.type === "text" ? [] : [formatMedia(part)]));
  const call = calls.get(toolCallId);
  return {
    functionResponse: {
      id: call?.id,
      name: toolName ?? call?.name ?? "",
      response: isError ? { error: text } : { output: text },
      parts: media.length === 0 ? undefined : media,
    },
  };
}

function formatContent(content: string | readonly ContentPart[], provider: string): JsonObject[] {
  if (typeof content === "string") return textParts(content);
  return content.flatMap((part) =>
    (part.type === "text" ? textParts(part.text) : [formatMedia(part)]).map((wire) =>
      withOwnFields(provider, part, wire),
    ),
  );
}

/** An empty text is refused. */
function textParts(text: string): JsonObject[] {
  return text === "" ? [] : [{ text }];
}

function formatMedia(part: MediaPart): JsonObject {
  const media = readMedia(part);
  if ("url" in media) return { fileData: { mimeType: part.mediaType, fileUri: media.url } };
  return { inlineData: { mimeType: media.mediaType, data: media.base64 } };
}
