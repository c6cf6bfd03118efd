import type { Route, ToolCall } from "../contract/contract.ts";
import { redact, redactedCause, takeFrames, withoutStack } from "./redact.ts";

/**
 * What happened, in one word; `docs/errors.md` tells how each is detected and what a chain does about it.
 */
export type ChatErrorCode =
  | "offline"
  | "network"
  | "tls"
  | "timeout"
  | "deadline"
  | "rate-limit"
  | "auth"
  | "payment"
  | "blocked"
  | "abuse"
  | "not-found"
  | "unsupported"
  | "context-length"
  | "content-filter"
  | "bad-request"
  | "server"
  | "protocol"
  | "empty"
  | "interrupted"
  | "limit"
  | "contract"
  | "config";

/** How far the call had come: before the connection, the head, the first content, or after it. */
export type Phase = "connect" | "headers" | "preamble" | "committed";

/** What a failure says something about. */
export type FailureScope = "key" | "model" | "provider" | "origin";

/** What had arrived when a call failed after its first content. */
export interface PartialReply {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
}

/** What each code says something about, unless the thrower knows better. */
const CODE_SCOPES: Readonly<Record<ChatErrorCode, FailureScope>> = {
  offline: "origin",
  network: "origin",
  tls: "origin",
  timeout: "model",
  deadline: "provider",
  "rate-limit": "model",
  auth: "key",
  payment: "key",
  blocked: "origin",
  abuse: "provider",
  "not-found": "model",
  unsupported: "model",
  "context-length": "model",
  "content-filter": "model",
  "bad-request": "model",
  server: "provider",
  protocol: "provider",
  empty: "model",
  interrupted: "model",
  limit: "model",
  contract: "provider",
  config: "provider",
};

/** Every code a `ChatError` can have. */
export const CHAT_ERROR_CODES: readonly ChatErrorCode[] = Object.keys(CODE_SCOPES) as ChatErrorCode[];

/** The facts of a failure beside its code and message. */
export interface ChatErrorDetails {
  /** The id of the provider that failed; it also stands at the front of the message. */
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly origin?: string | undefined;
  /** @default what the code speaks of */
  readonly scope?: FailureScope | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly phase?: Phase | undefined;
  readonly partial?: PartialReply | undefined;
  readonly route?: Route | undefined;
  readonly cause?: unknown;
}

const MARK = Symbol.for("@fallthrough/core/1.ChatError");

/**
 * The one error that providers throw and callers catch.
 *
 * `instanceof` holds across copies of this package. Message and causes are redacted on the way in; `partial` and
 * `route` are not enumerable, so that neither logs nor JSON carry content. Do not subclass it.
 */
export class ChatError extends Error {
  override readonly name: string = "ChatError";
  readonly code: ChatErrorCode;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly origin?: string | undefined;
  readonly scope: FailureScope;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly phase?: Phase | undefined;
  declare readonly partial?: PartialReply | undefined;
  declare readonly route?: Route | undefined;

  constructor(code: ChatErrorCode, message: string, details: ChatErrorDetails = {}) {
    const { provider, cause, partial, route } = details;
    const prefix = provider === undefined || message.startsWith(`[${provider}]`) ? "" : `[${provider}] `;
    super(redact(prefix + message), cause === undefined ? undefined : { cause: redactedCause(cause) });
    this.code = code;
    this.provider = provider;
    this.model = details.model;
    this.origin = details.origin;
    this.scope = details.scope ?? CODE_SCOPES[code];
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
    this.phase = details.phase;
    if (partial !== undefined) Object.defineProperty(this, "partial", hidden(partial));
    if (route !== undefined) Object.defineProperty(this, "route", hidden(route));
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && MARK in value;
  }
}

// most errors have neither, and a property that is defined takes longer than all that is assigned
Object.defineProperties(ChatError.prototype, {
  [MARK]: hidden(true),
  partial: hidden(undefined),
  route: hidden(undefined),
});

function hidden(value: unknown): PropertyDescriptor {
  return { value, enumerable: false, configurable: true };
}

/** Sets the route of an error that only this call has seen. */
export function attachRoute(error: ChatError, route: Route): ChatError {
  return Object.defineProperty(error, "route", hidden(route));
}

/** A copy of `error` with these facts changed; one failure may reach several callers, so it is never changed itself. */
export function amendError(
  error: ChatError,
  changes: ChatErrorDetails & { readonly code?: ChatErrorCode; readonly message?: string },
): ChatError {
  const { provider, model, origin, scope, status, retryAfterMs, phase, partial, route, cause } = error;
  const { code = error.code, message = error.message, ...details } = changes;
  const known = { provider, model, origin, status, retryAfterMs, phase, partial, route, cause };
  const copy = withoutStack(
    () => new ChatError(code, message, { ...known, ...(code === error.code ? { scope } : {}), ...details }),
  );
  takeFrames(copy, error);
  return copy;
}
