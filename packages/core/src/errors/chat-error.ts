import type { Route, ToolCall } from "../contract/contract.ts";
import { type ChatErrorCode, CODE_SCOPES, type FailureScope, type Phase } from "./error-codes.ts";
import { redact, redactedCause, takeFrames, withoutStack } from "./redact.ts";

/** What had arrived when a call failed after its first content. */
export interface PartialReply {
  /** The text so far. */
  readonly text: string;
  /** The reasoning so far. */
  readonly reasoning: string;
  /** The calls of tools so far; the arguments of the last may be cut. */
  readonly toolCalls: readonly ToolCall[];
}

/** The facts of a failure beside its code and message. */
export interface ChatErrorDetails {
  /** The id of the provider that failed; it also stands at the front of the message. */
  readonly provider?: string | undefined;
  /** The model that was asked. */
  readonly model?: string | undefined;
  /** The origin of the server that was asked. */
  readonly origin?: string | undefined;
  /** @default what the code speaks of */
  /** What the failure says something about. @default by the code */
  readonly scope?: FailureScope | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
  /** How far the call had come. */
  readonly phase?: Phase | undefined;
  /** What had arrived. */
  readonly partial?: PartialReply | undefined;
  /** Who was asked. */
  readonly route?: Route | undefined;
  /** The error behind this one; its texts are redacted. */
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
  /** Always `ChatError`. */
  override readonly name: string = "ChatError";
  /** What happened. Decide by it, never by the message. */
  readonly code: ChatErrorCode;
  /** The id of the provider that failed. */
  readonly provider?: string | undefined;
  /** The model that was asked. */
  readonly model?: string | undefined;
  /** The origin of the server that was asked. */
  readonly origin?: string | undefined;
  /** What the failure says something about. */
  readonly scope: FailureScope;
  /** The HTTP status, where there was one. */
  readonly status?: number | undefined;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
  /** How far the call had come. */
  readonly phase?: Phase | undefined;
  /** What had arrived. It is left out of JSON and of `inspect()`. */
  declare readonly partial?: PartialReply | undefined;
  /** Who was asked. It is left out of `inspect()`. */
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

  /** Recognises the errors of every copy of this package. */
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
