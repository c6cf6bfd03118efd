import type { ChatErrorCode, Phase } from "../errors/chat-error.ts";

/**
 * One chat endpoint.
 *
 * The parts of a stream are zero or more content parts and warnings, then exactly one `finish` and nothing
 * after it. Every failure is thrown as a `ChatError`; an abort is rethrown as `request.signal.reason`.
 */
export interface ChatProvider extends ProviderCard {
  stream(request: ChatRequest): AsyncIterable<StreamPart>;
  /** Asks the server which models it has. */
  listModels?:
    | ((options?: { readonly signal?: AbortSignal | undefined }) => Promise<ModelCard[]>)
    | undefined;
  /** Closes the connections and forgets the session of this instance. */
  close?: (() => Promise<void>) | undefined;
}

/** What a provider says about itself; data that stands in the manifest of its package. */
export interface ProviderCard {
  readonly specificationVersion: 1;
  /** `^[a-z0-9][a-z0-9-]{0,38}$`. */
  readonly id: string;
  readonly name: string;
  readonly homepage?: string | undefined;
  readonly status: ProviderStatus;
  /** The default first; empty means that any model name is handed on. */
  readonly models: readonly ModelCard[];
}

/** The author's dated claim about the provider's default origin. */
export interface ProviderStatus {
  readonly state: "active" | "unverified" | "retired";
  /** ISO date. */
  readonly checked: string;
  readonly note?: string | undefined;
}

/** One model of a provider. */
export interface ModelCard {
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
 * Tools, images, files and JSON output are requirements; sampling settings are wishes, and one that cannot be
 * honoured becomes a `warning` part.
 */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  /** A model id of the provider, or a reference when asked through a registry. @default the first model */
  readonly model?: string | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly seed?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly tools?: readonly ToolDefinition[] | undefined;
  readonly toolChoice?: "auto" | "none" | "required" | { readonly name: string } | undefined;
  readonly responseFormat?: ResponseFormat | undefined;
  /** Keyed by provider id; each provider reads only its own, and an unknown key is a warning. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>> | undefined;
  /** Over the settings of the instance. */
  readonly timeouts?: Timeouts | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One message of the conversation. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string | readonly ContentPart[];
  /** The calls an assistant message made; `arguments` is JSON text. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** The call that a tool message answers. */
  readonly toolCallId?: string | undefined;
}

/** A piece of a message; `data` is bytes, an URL, or base64 text. */
export type ContentPart =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "image" | "file";
      readonly data: Uint8Array | URL | string;
      readonly mediaType?: string | undefined;
      readonly name?: string | undefined;
    };

/** A function that the model may call; `parameters` is a JSON Schema. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parameters: JsonObject;
  readonly strict?: boolean | undefined;
}

/** A complete call; `arguments` is JSON text. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** The form the answer must have; `json` without a schema is any JSON value. */
export type ResponseFormat =
  | { readonly type: "text" }
  | { readonly type: "json"; readonly schema?: JsonObject | undefined; readonly name?: string | undefined };

/**
 * What comes back.
 *
 * `text-delta` and `reasoning-delta` carry text as it arrives; `tool-call-delta` a piece of a call's arguments and
 * `tool-call` the complete call; `source` a citation; `warning` a wish that was not honoured; `finish` ends every
 * successful stream, and its `model` is the one that the server reported.
 */
export type StreamPart =
  | { readonly type: "text-delta" | "reasoning-delta"; readonly delta: string }
  | { readonly type: "tool-call-delta"; readonly id: string; readonly name: string; readonly delta: string }
  | ({ readonly type: "tool-call" } & ToolCall)
  | ({ readonly type: "source" } & Source)
  | ({ readonly type: "warning" } & Warning)
  | FinishPart;

/** The last part of a successful stream. */
export interface FinishPart {
  readonly type: "finish";
  readonly finishReason: FinishReason;
  readonly usage?: Usage | undefined;
  /** As the server reported it. */
  readonly model?: string | undefined;
  readonly route?: Route | undefined;
}

/** A citation that the endpoint gave with its answer. */
export interface Source {
  readonly url: string;
  readonly title?: string | undefined;
}

/** Something that was asked and not done as asked. */
export interface Warning {
  readonly code: "unsupported" | "adjusted" | "other";
  readonly message: string;
}

/** Why the model stopped. */
export type FinishReason = "stop" | "length" | "content-filter" | "tool-calls" | "other";

/** Token counts, as the server reported them. */
export interface Usage {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
  readonly cachedInputTokens?: number | undefined;
  readonly reasoningTokens?: number | undefined;
}

/** Who was asked, in order, and who answers: `provider` and `model` stand from the first content on, not on a failure. */
export interface Route {
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly attempts: readonly Attempt[];
}

/** One candidate that was asked, or skipped for the `reason` given. */
export interface Attempt {
  readonly provider: string;
  readonly model: string;
  readonly outcome: "answered" | "failed" | "skipped" | "aborted";
  readonly code?: ChatErrorCode | undefined;
  readonly phase?: Phase | undefined;
  readonly status?: number | undefined;
  /** Milliseconds from the start of the attempt to its end. */
  readonly ms: number;
  /** The model that the server reported. */
  readonly reportedModel?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * Milliseconds; `0` turns a timer off. All but `connectMs` and `totalMs` count content only.
 *
 * `connectMs` until the connection stands, `firstChunkMs` until the first content, `chunkMs` between two pieces of
 * content, `totalMs` for one call, `commitMs` for all attempts of a chain together until one commits.
 */
export interface Timeouts {
  readonly connectMs?: number | undefined;
  readonly firstChunkMs?: number | undefined;
  readonly chunkMs?: number | undefined;
  readonly totalMs?: number | undefined;
  readonly commitMs?: number | undefined;
}

/** A JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue | undefined };
