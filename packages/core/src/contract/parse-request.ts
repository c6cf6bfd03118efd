import type {
  AssistantMessage,
  CallTimeouts,
  ChainRequest,
  ChainTimeouts,
  ChatMessage,
  ChatRequest,
  ContentPart,
  JsonObject,
  JsonResponseFormat,
  MediaPart,
  ProviderData,
  ReasoningEffort,
  ReasoningPart,
  ResponseFormat,
  SystemMessage,
  TextPart,
  ToolCall,
  ToolDefinition,
  ToolMessage,
  UserMessage,
  WireProtocol,
} from "./contract.ts";
import {
  type FieldParser,
  type FieldParsers,
  fieldProblem,
  fieldReader,
  kindOf,
  listOf,
  objectOf,
  oneOf,
  parseBoolean,
  parseCount,
  parseFields,
  parseInput,
  parseInteger,
  parseJsonObject,
  parseList,
  parseName,
  parseNumber,
  parseText,
  parseTimer,
  recordOf,
  variantOf,
  wrongValue,
} from "./parse-fields.ts";

const REQUEST = { code: "bad-request", whole: "request", field: "request field" } as const;
const EXAMPLE = '[{ role: "user", content: "…" }]';
const WIRE_HINT = "a field of the contract, or `extraFields` for a field of the provider's own protocol";

/**
 * The request of one call to one provider, checked and copied.
 *
 * @throws `bad-request` that names the field, what was found in it and what would be right
 */
export function parseRequest(request: unknown): ChatRequest {
  return parseInput(request, parseCallRequest, REQUEST);
}

/**
 * The request of one call to a chain, checked and copied: it has the timer of a chain, too.
 *
 * @throws `bad-request` that names the field, what was found in it and what would be right
 */
export function parseChainRequest(request: unknown): ChainRequest {
  return parseInput(request, parseRequestOfChain, REQUEST);
}

const parseProviderData: FieldParser<ProviderData> = recordOf(parseJsonObject);

/** What content and messages may carry beside what the contract names. */
const EXTRA = { providerData: parseProviderData, extraFields: parseJsonObject };

const parsePart: FieldParser<ContentPart> = variantOf<ContentPart>(
  "type",
  {
    text: fieldReader<TextPart>(
      { type: oneOf(["text"]), text: parseText, ...EXTRA },
      { required: ["text"], cures: { cache_control: "`extraFields`" }, hint: WIRE_HINT },
    ),
    image: mediaReader(),
    file: mediaReader(),
  },
  {
    image_url: 'the contract\'s shape: { type: "image", data: new URL(url) }',
    input_image: 'the contract\'s shape: { type: "image", data: new URL(url) }',
    input_file: 'the contract\'s shape: { type: "file", data, mediaType }',
    document: 'the contract\'s shape: { type: "file", data, mediaType }',
    media: 'the contract\'s shape: { type: "file", data, mediaType }',
    input_text: '"text"',
    output_text: '"text"',
    "tool-call": "`toolCalls` of the assistant's message",
    tool_use: "`toolCalls` of the assistant's message",
    "tool-result": 'a message of the role "tool"',
    tool_result: 'a message of the role "tool"',
    reasoning: "`reasoning` of the assistant's message",
    thinking: "`reasoning` of the assistant's message",
  },
);

function mediaReader(): ReturnType<typeof fieldReader> {
  return fieldReader<MediaPart>(
    {
      type: oneOf(["image", "file"]),
      data: parseData,
      mediaType: parseText,
      name: parseText,
      ...EXTRA,
    },
    {
      required: ["data"],
      cures: {
        image: "`data`",
        image_url: "`data: new URL(url)`",
        url: "`data: new URL(url)`",
        source: "`data`",
        file: "`data`",
        file_data: "`data`",
        filename: "`name`",
        mimeType: "`mediaType`",
        mime_type: "`mediaType`",
      },
      hint: WIRE_HINT,
    },
  );
}

function parseData(value: unknown): MediaPart["data"] {
  if (typeof value === "string") {
    if (/^\s*https?:/i.test(value)) throw fieldProblem("is a text with an address", "`new URL(address)`");
    if (/^\s*data:/i.test(value)) {
      throw fieldProblem("is a data URL", "its base64 part alone, and its type in `mediaType`");
    }
    return value;
  }
  // the kind by its name, because a value of another realm is no instance of this one's classes
  const kind = Object.prototype.toString.call(value);
  if (kind === "[object Uint8Array]") return value as Uint8Array;
  if (kind === "[object URL]") return new URL((value as URL).href);
  if (kind === "[object ArrayBuffer]") throw wrongValue(value, "`new Uint8Array(buffer)`");
  if (kind === "[object Blob]" || kind === "[object File]") {
    throw wrongValue(value, "`new Uint8Array(await blob.arrayBuffer())`");
  }
  throw wrongValue(value, "a Uint8Array, a URL or base64 text");
}

function parseContent(value: unknown): string | ContentPart[] {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) throw wrongValue(value, "a text or a list of parts");
  return parseList(value, parsePart);
}

function parseAnswerText(value: unknown): string | null {
  if (typeof value === "string" || value === null) return value;
  throw wrongValue(value, "a text, or null where the model only called tools");
}

const parseReasoning: FieldParser<ReasoningPart> = objectOf<ReasoningPart>(
  { text: parseText, providerData: parseProviderData },
  { required: ["text"], cures: { type: "`text` alone", signature: "`providerData`" } },
);

const LIFTED = "`id`, `name` and `arguments` in the call itself, which has no `type` and no `function`";

const parseToolCall: FieldParser<ToolCall> = objectOf<ToolCall>(
  {
    id: parseName,
    name: parseName,
    arguments: parseArguments,
    ...EXTRA,
  },
  {
    required: ["id", "name", "arguments"],
    cures: {
      type: LIFTED,
      function: LIFTED,
      toolCallId: "`id`",
      toolName: "`name`",
      args: "`arguments`, as JSON text",
      input: "`arguments`, as JSON text",
    },
    hint: WIRE_HINT,
  },
);

function parseArguments(value: unknown): string {
  if (typeof value === "object" && value !== null)
    throw wrongValue(value, "JSON text: `JSON.stringify(value)`");
  return parseText(value);
}

/** Names in messages that people know from elsewhere. */
const MESSAGE_CURES = {
  tool_calls: "`toolCalls`, each with `id`, `name` and `arguments`",
  tool_call_id: "`toolCallId`",
  function_call: "`toolCalls`, each with `id`, `name` and `arguments`",
  reasoning_content: "`reasoning: [{ text }]`",
  thinking: "`reasoning: [{ text }]`",
  text: "`content`",
  parts: "`content`",
  toolResults: 'a message of the role "tool" for each result',
};
const MESSAGE = { cures: MESSAGE_CURES, hint: WIRE_HINT };

const parseMessage: FieldParser<ChatMessage> = variantOf<ChatMessage>(
  "role",
  {
    system: fieldReader<SystemMessage>(
      { role: oneOf(["system"]), content: parseText, extraFields: parseJsonObject },
      { required: ["content"], ...MESSAGE },
    ),
    user: fieldReader<UserMessage>(
      { role: oneOf(["user"]), content: parseContent, name: parseName, extraFields: parseJsonObject },
      { required: ["content"], ...MESSAGE },
    ),
    assistant: fieldReader<AssistantMessage>(
      {
        role: oneOf(["assistant"]),
        content: parseAnswerText,
        reasoning: listOf(parseReasoning),
        toolCalls: listOf(parseToolCall),
        ...EXTRA,
      },
      MESSAGE,
    ),
    tool: fieldReader<ToolMessage>(
      {
        role: oneOf(["tool"]),
        toolCallId: parseName,
        toolName: parseName,
        content: parseContent,
        isError: parseBoolean,
        extraFields: parseJsonObject,
      },
      {
        required: ["toolCallId", "content"],
        cures: { ...MESSAGE_CURES, name: "`toolName`" },
        hint: WIRE_HINT,
      },
    ),
  },
  {
    developer: '"system"',
    human: '"user"',
    ai: '"assistant"',
    bot: '"assistant"',
    model: '"assistant"',
    function: '"tool"',
  },
);

function parseMessages(value: unknown): ChatMessage[] {
  if (!Array.isArray(value)) throw wrongValue(value, `a list of messages: ${EXAMPLE}`);
  const messages = parseList(value, parseMessage);
  if (messages.length === 0) throw fieldProblem("is an empty list", "at least one message");
  return messages;
}

const UNWRAPPED =
  "`name`, `description` and `parameters` in the tool itself, which has no `type` and no `function`";

const parseTool: FieldParser<ToolDefinition> = objectOf<ToolDefinition>(
  {
    name: parseName,
    description: parseText,
    parameters: parseSchema,
    strict: parseBoolean,
    extraFields: parseJsonObject,
  },
  {
    required: ["name", "parameters"],
    cures: {
      type: UNWRAPPED,
      function: UNWRAPPED,
      inputSchema: "`parameters`",
      input_schema: "`parameters`",
      execute: "nothing: the application runs its tools itself, for each of `result.toolCalls`",
    },
    hint: WIRE_HINT,
  },
);

function parseTools(value: unknown): ToolDefinition[] {
  if (!Array.isArray(value)) throw wrongValue(value, "a list of tools: [{ name, description, parameters }]");
  return parseList(value, parseTool);
}

function parseSchema(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null) throw wrongValue(value, "a JSON Schema");
  return parseJsonObject(value);
}

const parseChoice = oneOf(["auto", "none", "required"], { any: '"required"', tool: "`{ name }`" });
const parseChosen: FieldParser<{ name: string }> = objectOf<{ name: string }>(
  { name: parseName },
  { required: ["name"], cures: { type: "`name` alone", function: "`name` alone", toolName: "`name`" } },
);

function parseToolChoice(value: unknown): NonNullable<ChatRequest["toolChoice"]> {
  return typeof value === "object" && value !== null ? parseChosen(value) : parseChoice(value);
}

const parseFormat: FieldParser<ResponseFormat> = variantOf<ResponseFormat>(
  "type",
  {
    text: fieldReader<{ type: "text" }>({ type: oneOf(["text"]) }),
    json: fieldReader<JsonResponseFormat>(
      {
        type: oneOf(["json"]),
        schema: parseSchema,
        name: parseName,
        description: parseText,
        strict: parseBoolean,
      },
      { cures: { json_schema: "`schema`, `name`, `description` and `strict`" } },
    ),
  },
  { json_schema: '"json" with `schema`', json_object: '"json"' },
);

const CALL_TIMERS: FieldParsers<CallTimeouts> = {
  connectMs: parseTimer,
  firstChunkMs: parseTimer,
  chunkMs: parseTimer,
  totalMs: parseTimer,
};
const TIMER_CURES = { firstByteMs: "`firstChunkMs`", idleMs: "`chunkMs`", requestMs: "`totalMs`" };

/** The timers of a call. */
export const parseCallTimeouts: FieldParser<CallTimeouts> = objectOf<CallTimeouts>(CALL_TIMERS, {
  cures: { ...TIMER_CURES, commitMs: "it with a chain or a registry only: one provider has no next one" },
});

/** The timers of a chain. */
export const parseChainTimeouts: FieldParser<ChainTimeouts> = objectOf<ChainTimeouts>(
  { ...CALL_TIMERS, commitMs: parseTimer },
  { cures: TIMER_CURES },
);

/** A signal of the platform, of another realm or of a library. */
export function parseSignal(value: unknown): AbortSignal {
  const signal = parseFields(value) as Partial<AbortSignal>;
  if (typeof signal.aborted === "boolean" && typeof signal.addEventListener === "function") {
    return value as AbortSignal;
  }
  throw fieldProblem(`is ${kindOf(value)}`, "an AbortSignal, which is the `signal` of an AbortController");
}

/** What people write who come from another library. */
const REQUEST_CURES = {
  max_tokens: "`maxOutputTokens`",
  maxTokens: "`maxOutputTokens`",
  max_completion_tokens: "`maxOutputTokens`",
  maxCompletionTokens: "`maxOutputTokens`",
  max_output_tokens: "`maxOutputTokens`",
  stop: "`stopSequences`, a list of texts",
  stop_sequences: "`stopSequences`",
  prompt: `\`messages: ${EXAMPLE}\``,
  input: `\`messages: ${EXAMPLE}\``,
  content: `\`messages: ${EXAMPLE}\``,
  message: `\`messages: ${EXAMPLE}\``,
  system: 'a first message with the role "system"',
  instructions: 'a first message with the role "system"',
  functions: "`tools`",
  function_call: "`toolChoice`",
  reasoning: "`reasoningEffort`",
  abortSignal: "`signal`",
  timeout: "`timeouts: { totalMs }`",
  headers: "the setting `headers` of the provider",
  provider: "it as the front of `model`: provider/model",
  stream: "nothing: every reply streams, and `text()` or `result()` wait for all of it",
  experimental_output: "`responseFormat`",
};

const EFFORTS: readonly ReasoningEffort[] = ["none", "minimal", "low", "medium", "high", "xhigh"];

/** Whether a value is a word for how long a model thinks. */
export function isReasoningEffort(value: unknown): value is ReasoningEffort {
  return EFFORTS.includes(value as ReasoningEffort);
}

const FIELDS: FieldParsers<Omit<ChatRequest, "timeouts">> = {
  messages: parseMessages,
  model: parseName,
  maxOutputTokens: parseCount,
  temperature: parseNumber,
  topP: parseNumber,
  topK: parseCount,
  presencePenalty: parseNumber,
  frequencyPenalty: parseNumber,
  seed: parseInteger,
  stopSequences: listOf(parseText),
  reasoningEffort: oneOf(EFFORTS),
  tools: parseTools,
  toolChoice: parseToolChoice,
  parallelToolCalls: parseBoolean,
  responseFormat: parseFormat,
  providerOptions: recordOf(parseJsonObject),
  extraFields: parseJsonObject,
  protocol: oneOf<WireProtocol>(["chat-completions", "responses", "messages", "generate-content", "ollama"]),
  signal: parseSignal,
};
const OPTIONS = { required: ["messages"], cures: REQUEST_CURES, hint: WIRE_HINT } as const;
const readCallRequest = fieldReader<ChatRequest>({ ...FIELDS, timeouts: parseCallTimeouts }, OPTIONS);
const readChainRequest = fieldReader<ChainRequest>({ ...FIELDS, timeouts: parseChainTimeouts }, OPTIONS);

function parseCallRequest(value: unknown): ChatRequest {
  return readCallRequest(parseEnvelope(value), {}, undefined);
}

function parseRequestOfChain(value: unknown): ChainRequest {
  return readChainRequest(parseEnvelope(value), {}, undefined);
}

function parseEnvelope(value: unknown): ReturnType<typeof parseFields> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as never;
  throw wrongValue(value, `an object: { messages: ${EXAMPLE} }`);
}
