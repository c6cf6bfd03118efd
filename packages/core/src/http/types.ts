import type { JsonValue, Need } from "../contract/contract.ts";
import type { ChatError, ChatErrorDetails } from "../errors/chat-error.ts";
import type { ChatErrorCode, FailureScope } from "../errors/error-codes.ts";
import type { ServerSentEvent } from "../parts/sse.ts";

/** One request of a provider. */
export interface HttpRequest {
  /** The method. @default "GET" */
  readonly method?: "GET" | "POST" | undefined;
  /** Joined to the base URL; an absolute URL must have the same origin. */
  readonly path: string;
  /** The fields of the query; `undefined` ones are left out. */
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  /** Over the provider's own headers, under those of the settings. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A form is sent urlencoded, any other value as JSON. */
  readonly body?: URLSearchParams | JsonValue | undefined;
  /** JSON text that is sent as it is, in place of `body`. */
  readonly json?: string | undefined;
  /** Ends the exchange. */
  readonly signal?: AbortSignal | undefined;
  /** Follows redirects to the same origin; only for page fetches. @default false */
  readonly followRedirects?: boolean | undefined;
  /** Takes a redirect for an answer, and does not follow it: a login may end in one. @default false */
  readonly acceptRedirects?: boolean | undefined;
  /** `false` when cookies set by the answer must not reach another call. @default true */
  readonly keepCookies?: boolean | undefined;
  /**
   * Names a failure that the provider itself knows, before the status and the look of a page decide.
   *
   * Called with every answer that is not a success and with every page found where none was expected. It gives the
   * failure itself, or what the answer says beside its status.
   */
  readonly recognise?: ((answer: FailedAnswer) => ChatError | FailureNote | undefined) | undefined;
}

/** What a server says about its failure, beside the status. */
export interface FailureNote {
  /** More exact than what the status means. */
  readonly code?: ChatErrorCode | undefined;
  /** What the failure speaks of, where that is not what its code or its status speaks of. */
  readonly scope?: FailureScope | undefined;
  /** What of the request the server refused, where the server named it. */
  readonly need?: Need | undefined;
  /** Milliseconds until the server wants to be asked again, where the body says so and not the head. */
  readonly retryAfterMs?: number | undefined;
  /** The server's own words, as the message quotes them. */
  readonly words?: string | undefined;
}

/** An answer that is not a success. */
export interface FailedAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Media type without parameters, lower-case. */
  readonly contentType: string;
  /** At most its first 64 KiB. */
  readonly body: string;
}

/** An answer with a success status; its body is read once, by one of the methods. */
export interface HttpResponse {
  /** The HTTP status. */
  readonly status: number;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** One entry for each cookie that the answer sets, as sent. */
  readonly setCookie: readonly string[];
  /** Media type without parameters, lower-case. */
  readonly contentType: string;
  /** What the body is: by content type, then by its first bytes. Does not consume it. */
  format(): Promise<BodyFormat>;
  /**
   * The whole body; @throws `blocked` for a challenge page, `limit` over the page limit
   *
   * A whole page or a login form in HTML is `blocked` too, unless the request asks for a page by its `accept` header.
   */
  text(): Promise<string>;
  /** The parsed body; @throws `blocked` for a page, `interrupted` for a cut body, `protocol` for anything else */
  json(): Promise<unknown>;
  /** The server-sent events, one by one; @throws `blocked` for a page, `protocol` for a body without an event */
  events(options?: EventsOptions): AsyncIterable<ServerSentEvent>;
  /** The same, in groups as they arrived: where each event repeats all before it, only the last needs parsing. */
  eventGroups(options?: EventsOptions): AsyncIterable<readonly ServerSentEvent[]>;
  /**
   * The lines that are not blank, without their ends, for NDJSON and other protocols of lines.
   *
   * @throws `blocked` for a page, `empty` for a body without a line, `limit` for a line or a body that is too long
   */
  lines(): AsyncIterable<string>;
  /** The body as it comes; @throws `blocked` for a page, `empty` for no byte, `limit` over the stream limit */
  bytes(): AsyncIterable<Uint8Array>;
}

/** What a body looks like; "text" is everything else. */
export type BodyFormat = "json" | "events" | "html" | "text" | "empty";

/** How an event stream is read. */
export interface EventsOptions {
  /** Each event repeats all text before it, so wire bytes say nothing about the length of the answer. @default false */
  readonly cumulative?: boolean | undefined;
}

/** Sends requests to one origin for one provider instance. */
export interface HttpClient {
  /** The answer, once its head shows a success; @throws the `ChatError` that its status or the transport means */
  (request: HttpRequest): Promise<HttpResponse>;
  /** Without a trailing slash. */
  readonly baseURL: string;
  /** The one origin that it talks to. */
  readonly origin: string;
  /** A `ChatError` that names this provider and its origin. */
  error(code: ChatErrorCode, message: string, details?: ChatErrorDetails): ChatError;
  /** Keeps this value out of every error of the instance. */
  addSecret(value: string): void;
  /** Closes the connections of the instance and forgets its cookies. */
  close(): Promise<void>;
}

/** What the provider itself brings; the settings go over it. */
export interface HttpClientDefaults {
  /** The provider's id. */
  readonly provider: string;
  /** The default base URL. */
  readonly origin: string;
  /** A function where they name the server itself. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | ((baseURL: string) => Readonly<Record<string, string>>)
    | undefined;
}
