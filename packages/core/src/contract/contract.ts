import type { ChatErrorCode, Phase } from "../errors/error-codes.ts";

/**
 * One chat endpoint.
 *
 * The parts of a stream are zero or more content parts and warnings, then exactly one `finish` and nothing
 * after it. Every failure is thrown as a `ChatError`; an abort is rethrown as `request.signal.reason`.
 */
export interface ChatProvider extends ProviderCard {
  /** The parts of one answer: content and warnings, then exactly one `finish`. */
  stream(request: ChatRequest): AsyncIterable<StreamPart>;
  /** Asks the server which models it has. */
  listModels?:
    | ((options?: { readonly signal?: AbortSignal | undefined }) => Promise<ModelCard[]>)
    | undefined;
  /** Closes the connections and forgets the session of this instance. */
  close?: (() => Promise<void>) | undefined;
}

/** What a provider says about itself: data in the manifest of its package. */
export interface ProviderCard {
  readonly specificationVersion: 1;
  /** `^[a-z0-9][a-z0-9-]{0,38}$`. */
  readonly id: string;
  /** The name that a person reads. */
  readonly name: string;
  /** Where a person finds the service. */
  readonly homepage?: string | undefined;
  /** What the package's author observed about the default origin. */
  readonly status: ProviderStatus;
  /** The default first; empty means that any model name is handed on. */
  readonly models: readonly ModelCard[];
}

/** The author's dated claim about the provider's default origin. */
export interface ProviderStatus {
  /** Whether the default origin answered; a `retired` provider is asked only when it is named. */
  readonly state: "active" | "unverified" | "retired";
  /** ISO date. */
  readonly checked: string;
  /** Why, in one sentence. */
  readonly note?: string | undefined;
}

/** One model of a provider. */
export interface ModelCard {
  /** The name that is sent to the server; at most 256 characters. */
  readonly id: string;
  /** Public names that the model answers to, `gpt-4o-mini` for example. */
  readonly aliases?: readonly string[] | undefined;
  /** Tokens. */
  readonly contextWindow?: number | undefined;
  /** `false`: the site decides, and the name never goes on the wire. @default true */
  readonly selectable?: boolean | undefined;
  /** An absent entry means that nobody checked, never "no". */
  readonly capabilities?: Readonly<Partial<Record<Capability, boolean>>> | undefined;
}

/** What a request may need: an ability that a card declares, or a part of one that only a server's refusal shows. */
export type Need = Capability | "tool-choice" | "json-schema";

/** An ability that a model may declare. */
export type Capability =
  | "streaming"
  | "system"
  | "history"
  | "tools"
  | "json"
  | "images"
  | "files"
  | "reasoning"
  | "usage";

/**
 * What the caller asks.
 *
 * Tools, images, files and JSON output are requirements: a provider that does not have them is not asked. The sampling
 * settings are wishes: one that a provider cannot honour becomes a `warning` part.
 */
export interface ChatRequest {
  /** The conversation, oldest first; at least one message. */
  messages: ChatMessage[];
  /** A model id of the provider, or a reference when asked through a registry; at most 256 characters. @default the first model */
  model?: string | undefined;
  /** Tokens; a wish. @default what the server does */
  maxOutputTokens?: number | undefined;
  /** From 0, which is the most predictable, mostly to 2; a wish. @default what the server does */
  temperature?: number | undefined;
  /** The share of probability to choose from, above 0 up to 1; a wish. @default what the server does */
  topP?: number | undefined;
  /** How many of the likeliest tokens to choose from, at least 1; a wish. @default what the server does */
  topK?: number | undefined;
  /** Lowers the chance of every token that has occurred, mostly from -2 to 2; a wish. @default what the server does */
  presencePenalty?: number | undefined;
  /** Lowers the chance of a token by how often it has occurred, mostly from -2 to 2; a wish. @default what the server does */
  frequencyPenalty?: number | undefined;
  /** An integer: a server that honours it answers alike for the same request; a wish. */
  seed?: number | undefined;
  /** The answer ends before any of these texts; a wish. */
  stopSequences?: string[] | undefined;
  /** How long a thinking model may think; a wish. @default what the server does */
  reasoningEffort?: ReasoningEffort | undefined;
  /** The functions that the model may call; a requirement. */
  tools?: ToolDefinition[] | undefined;
  /** Whether the model may, must or must not call a tool, or which one it must call; a wish. @default "auto" */
  toolChoice?:
    | "auto"
    | "none"
    | "required"
    | {
        /** The tool that the model has to call. */
        name: string;
      }
    | undefined;
  /** Whether the model may make several calls at once; a wish. @default what the server does */
  parallelToolCalls?: boolean | undefined;
  /** The form of the answer; `json` is a requirement. @default text */
  responseFormat?: ResponseFormat | undefined;
  /** Keyed by provider id; each provider reads only its own. A key that no provider of the call has is a warning. */
  providerOptions?: Record<string, JsonObject> | undefined;
  /** Fields of the wire body that the contract does not name; a provider whose protocol takes none warns. */
  extraFields?: JsonObject | undefined;
  /** Whose fields all `extraFields` of the request are; a provider of another protocol leaves them out. @default the provider's own */
  protocol?: WireProtocol | undefined;
  /** Over the settings of the instance. */
  timeouts?: CallTimeouts | undefined;
  /** Ends the call: it rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
}

/** A protocol in which chats are asked for, by the name of its most common endpoint. */
export type WireProtocol = "chat-completions" | "responses" | "messages" | "generate-content" | "ollama";

/** What the caller asks of a chain. */
export interface ChainRequest extends Omit<ChatRequest, "timeouts"> {
  /** Over the settings of the providers and of the chain. */
  timeouts?: ChainTimeouts | undefined;
}

/** How long a thinking model may think before it answers. */
export type ReasoningEffort = "none" | "minimal" | "low" | "medium" | "high" | "xhigh";

/** One message of the conversation. */
export type ChatMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** Instructions for the model. */
export interface SystemMessage {
  role: "system";
  /** The instructions. */
  content: string;
  /** Fields of the message on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** What the person says. */
export interface UserMessage {
  role: "user";
  /** Text, or pieces of text, images and files. */
  content: string | ContentPart[];
  /** Who of several people says it. */
  name?: string | undefined;
  /** Fields of the message on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** What the model answered; `ChatResult.message` is one. */
export interface AssistantMessage {
  role: "assistant";
  /** The text of the answer; absent or `null` where the model only called tools. */
  content?: string | null | undefined;
  /** What the model thought, for the provider that wrote it. */
  reasoning?: ReasoningPart[] | undefined;
  /** The calls that the model made. */
  toolCalls?: ToolCall[] | undefined;
  /** What only the provider that wrote the message understands. */
  providerData?: ProviderData | undefined;
  /** Fields of the message on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** The result of one tool call. */
export interface ToolMessage {
  role: "tool";
  /** The id of the call that this answers. */
  toolCallId: string;
  /** The name of the tool; some protocols want it. @default the name of the call with this id */
  toolName?: string | undefined;
  /** What the tool gave. */
  content: string | ContentPart[];
  /** Whether the tool failed. @default false */
  isError?: boolean | undefined;
  /** Fields of the message on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** A piece of what a model thought. */
export interface ReasoningPart {
  /** The thought as text; empty where the provider keeps it to itself. */
  text: string;
  /** What only the provider that wrote it understands, a signature for example. */
  providerData?: ProviderData | undefined;
}

/** Opaque values by provider id: kept for the provider that wrote them, ignored by every other. */
export type ProviderData = Record<string, JsonObject>;

/** A piece of a message. */
export type ContentPart = TextPart | MediaPart;

/** Text within a message of several pieces. */
export interface TextPart {
  type: "text";
  /** The text. */
  text: string;
  /** What only one provider understands, a cache mark for example. */
  providerData?: ProviderData | undefined;
  /** Fields of the piece on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** An image or a file within a message. */
export interface MediaPart {
  /** Whether the bytes are an image or another file. */
  type: "image" | "file";
  /** The bytes, an URL that the server fetches, or base64 text. */
  data: Uint8Array | URL | string;
  /** The media type, `image/png` for example. @default what the bytes begin with */
  mediaType?: string | undefined;
  /** The name of the file. */
  name?: string | undefined;
  /** What only one provider understands, a cache mark for example. */
  providerData?: ProviderData | undefined;
  /** Fields of the piece on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** A function that the model may call. */
export interface ToolDefinition {
  /** At most 256 characters. */
  name: string;
  /** What it does, for the model. */
  description?: string | undefined;
  /** A JSON Schema of its arguments. */
  parameters: JsonObject;
  /** Whether the arguments must fit the schema exactly; sent only where it is set. */
  strict?: boolean | undefined;
  /** Fields of the tool on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** A complete call of a tool. */
export interface ToolCall {
  /** Unique within its answer. */
  id: string;
  /** The name of the tool. */
  name: string;
  /** JSON text, as the model wrote it. */
  arguments: string;
  /** What only the provider that wrote the call understands. */
  providerData?: ProviderData | undefined;
  /** Fields of the call on the wire that the contract does not name. */
  extraFields?: JsonObject | undefined;
}

/** The form the answer must have; `json` without a schema is any JSON value. */
export type ResponseFormat = { type: "text" } | JsonResponseFormat;

/** An answer that is JSON. */
export interface JsonResponseFormat {
  type: "json";
  /** A JSON Schema that the answer must fit. @default any JSON value */
  schema?: JsonObject | undefined;
  /** The name of the schema, for servers that want one. */
  name?: string | undefined;
  /** What the answer is, for the model. */
  description?: string | undefined;
  /** Whether the answer must fit the schema exactly; sent only where it is set. */
  strict?: boolean | undefined;
}

/**
 * What comes back.
 *
 * `text-delta` and `reasoning-delta` carry text as it arrives; `tool-call-delta` a piece of a call's arguments and
 * `tool-call` the complete call; `source` a citation; `warning` a wish that was not honoured; `finish` ends every
 * successful stream, and its `model` is the one that the server reported.
 */
export type StreamPart =
  | {
      readonly type: "text-delta";
      /** The text that follows what came before. */
      readonly delta: string;
    }
  | {
      readonly type: "reasoning-delta";
      /** The text that follows what came before. */
      readonly delta: string;
      /** What only the provider that wrote it understands; it ends a thought, so that the next delta begins another. */
      readonly providerData?: ProviderData | undefined;
    }
  | {
      readonly type: "tool-call-delta";
      /** Names the call; deltas with the same id belong to one call. */
      readonly id: string;
      /** The name of the tool. */
      readonly name: string;
      /** The text that follows what came before. */
      readonly delta: string;
    }
  | ({ readonly type: "tool-call" } & Readonly<ToolCall>)
  | ({ readonly type: "source" } & Source)
  | ({ readonly type: "warning" } & Warning)
  | FinishPart;

/** The last part of a successful stream. */
export interface FinishPart {
  readonly type: "finish";
  /** Why the answer ended. */
  readonly finishReason: FinishReason;
  /** The server's own word for the reason. */
  readonly rawFinishReason?: string | undefined;
  /** What the server counted; absent where it counted nothing. */
  readonly usage?: Usage | undefined;
  /** As the server reported it. */
  readonly model?: string | undefined;
  /** The answer's id and headers; headers that may hold secrets are left out. */
  readonly response?: ResponseFacts | undefined;
  /** What only the provider that wrote the answer understands. */
  readonly providerData?: ProviderData | undefined;
  /** Who was asked. Core adds it, a provider leaves it out. */
  readonly route?: Route | undefined;
}

/** What identifies an answer at the server. */
export interface ResponseFacts {
  /** The id of the answer, or of the request, as the server named it. */
  readonly id?: string | undefined;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A citation that the endpoint gave with its answer. */
export interface Source {
  /** The address of the page. */
  readonly url: string;
  /** The title of the page, where the server sent one. */
  readonly title?: string | undefined;
}

/** Something that was asked and not done as asked. */
export interface Warning {
  /** What kind of wish could not be honoured, for programs. */
  readonly code: "unsupported" | "adjusted" | "other";
  /** What was left out and why, for people. */
  readonly message: string;
}

/** Why the model stopped. */
export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "other";

/** Token counts, as the server reported them. */
export interface Usage {
  /** Tokens of the request, those from a cache included. */
  readonly inputTokens?: number | undefined;
  /** Tokens of the answer, those of the reasoning included. */
  readonly outputTokens?: number | undefined;
  /** Tokens of both, as the server counted them. */
  readonly totalTokens?: number | undefined;
  /** Those tokens of the request that the server had in a cache. */
  readonly cachedInputTokens?: number | undefined;
  /** Those tokens of the answer that the model spent on reasoning. */
  readonly reasoningTokens?: number | undefined;
}

/** Who was asked, in order, and who answers: `provider` and `model` are set from the first content on, and absent after a failure. */
export interface Route {
  /** The id of the provider that answers, from its first content on. */
  readonly provider?: string | undefined;
  /** The model that answers, as the server reported it or else as it was asked for. */
  readonly model?: string | undefined;
  /** Every candidate that was asked or skipped, in order. */
  readonly attempts: readonly Attempt[];
}

/** One candidate that was asked, or skipped for the `reason` given. */
export interface Attempt {
  /** The id of the provider. */
  readonly provider: string;
  /** The model that was asked for; absent where none was asked for by name. */
  readonly model?: string | undefined;
  /** The server's origin, where it is not the provider's own. */
  readonly origin?: string | undefined;
  /** Which of the keys was used; absent where the settings hold no list of them. */
  readonly key?: AttemptKey | undefined;
  /** How the attempt ended. */
  readonly outcome: "answered" | "failed" | "skipped" | "aborted";
  /** Why it failed or was skipped. */
  readonly code?: ChatErrorCode | undefined;
  /** How far it had come when it failed. */
  readonly phase?: Phase | undefined;
  /** The HTTP status of the failure, where there was one. */
  readonly status?: number | undefined;
  /** Milliseconds from the start of the attempt to its end. */
  readonly ms: number;
  /** The model that the server reported. */
  readonly reportedModel?: string | undefined;
  /** Why it failed or was skipped, for people. */
  readonly reason?: string | undefined;
}

/** One of several keys for a server, never the key itself. */
export interface AttemptKey {
  /** Its place among the keys of the setting `apiKey`, from 1 on. */
  readonly position: number;
  /** An opaque mark, the same in every process. */
  readonly mark: string;
}

/** The timers of one call to one provider, in milliseconds; `0` or `Infinity` turns one off. */
export interface CallTimeouts {
  /** Until a new connection is open. @default 10000 */
  readonly connectMs?: number | undefined;
  /** Until the first text, reasoning or tool call; what else comes does not count. @default 30000 */
  readonly firstChunkMs?: number | undefined;
  /** Between two pieces of content while the caller waits for one. @default 60000 */
  readonly chunkMs?: number | undefined;
  /** For the whole call. @default 600000 */
  readonly totalMs?: number | undefined;
}

/** The timers of a call to a chain; those of a call count for each attempt, `totalMs` and `commitMs` for all together. */
export interface ChainTimeouts extends CallTimeouts {
  /** For all attempts together, until one has given its first content. @default 90000 */
  readonly commitMs?: number | undefined;
}

/** A JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export type JsonObject = {
  /** The value of each field. */
  readonly [key: string]: JsonValue | undefined;
};
