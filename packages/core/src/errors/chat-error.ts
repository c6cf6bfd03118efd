import type { Need, Route, ToolCall } from "../contract/contract.ts";
import { type ChatErrorCode, CODE_SCOPES, type FailureScope, type Phase } from "./error-codes.ts";
import { fixOf, helpOf } from "./error-fixes.ts";
import { redact, redactedCause, settleStack, takeFrames, withoutStack } from "./redact.ts";

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
  /** The id of the provider that failed; the message begins with it, too. */
  readonly provider?: string | undefined;
  /** The model that was asked. */
  readonly model?: string | undefined;
  /** The server's origin. */
  readonly origin?: string | undefined;
  /** What the failure says something about. @default what the code speaks of */
  readonly scope?: FailureScope | undefined;
  /** What of the request the server refused, where the server named it. */
  readonly need?: Need | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  /** Milliseconds until the server wants to be asked again. */
  readonly retryAfterMs?: number | undefined;
  /** When the server wants to be asked again. @default `retryAfterMs` from now */
  readonly retryAt?: Date | undefined;
  /** The id that the server gave the request. */
  readonly requestId?: string | undefined;
  /** How far the call had come. */
  readonly phase?: Phase | undefined;
  /** What had arrived when a call failed after its first content. */
  readonly partial?: PartialReply | undefined;
  /** Who was asked. */
  readonly route?: Route | undefined;
  /** What a person can do about it, in one sentence. @default what helps against most failures of the code */
  readonly fix?: string | undefined;
  /** What the failure came from; a redacted copy of it is kept. */
  readonly cause?: unknown;
}

/** A `ChatError` as plain data, for logs, for JSON and for other threads. */
export interface ChatErrorData {
  /** "ChatError". */
  readonly name: string;
  /** The redacted message. */
  readonly message: string;
  /** What happened. */
  readonly code: ChatErrorCode;
  /** What the failure says something about. */
  readonly scope: FailureScope;
  /** What a person can do about it, in one sentence. */
  readonly fix: string;
  /** The address of the page that explains it. */
  readonly help: string;
  /** What of the request the server refused, where the server named it. */
  readonly need?: Need | undefined;
  /** The id of the provider that failed. */
  readonly provider?: string | undefined;
  /** The model that was asked. */
  readonly model?: string | undefined;
  /** The server's origin. */
  readonly origin?: string | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  /** Milliseconds until the server wants to be asked again, counted from the failure. */
  readonly retryAfterMs?: number | undefined;
  /** When the server wants to be asked again, as an ISO date. */
  readonly retryAt?: string | undefined;
  /** The id that the server gave the request. */
  readonly requestId?: string | undefined;
  /** How far the call had come. */
  readonly phase?: Phase | undefined;
  /** Who was asked. */
  readonly route?: Route | undefined;
}

const MARK = Symbol.for("@fallthrough/core/1.ChatError");

/**
 * The one error that providers throw and callers catch.
 *
 * `instanceof` holds across copies of this package. Message and causes are redacted on the way in; `partial` and
 * `route` are not enumerable, so that no log carries content by accident. A worker posts `toJSON()`: the platform's
 * structured clone keeps only the message of an error. Do not subclass it.
 */
export class ChatError extends Error {
  /** Always `ChatError`. */
  override readonly name: string = "ChatError";
  /** What happened; a provider of a later minor release may have one that is not listed. */
  readonly code: ChatErrorCode;
  /** The id of the provider that failed. */
  readonly provider?: string | undefined;
  /** The model that was asked. */
  readonly model?: string | undefined;
  /** The server's origin. */
  readonly origin?: string | undefined;
  /** What the failure says something about. */
  readonly scope: FailureScope;
  /** What of the request the server refused, where the server named it; the scope is then `need`. */
  readonly need?: Need | undefined;
  /** HTTP status. */
  readonly status?: number | undefined;
  /** Milliseconds until the server wants to be asked again, counted from the failure. */
  readonly retryAfterMs?: number | undefined;
  /** When the server wants to be asked again. */
  readonly retryAt?: Date | undefined;
  /** The id that the server gave the request: its support asks for it. */
  readonly requestId?: string | undefined;
  /** How far the call had come. */
  readonly phase?: Phase | undefined;
  /** What had arrived when the call failed after its first content. */
  declare readonly partial?: PartialReply | undefined;
  /** Who was asked. */
  declare readonly route?: Route | undefined;

  /** What a person can do about it, in one sentence. */
  declare readonly fix: string;
  /** The address of the page that explains it. */
  declare readonly help: string;

  constructor(code: ChatErrorCode, message: string, details: ChatErrorDetails = {}) {
    const { provider, cause, partial, route, fix, retryAfterMs } = details;
    const text = String(message);
    const prefix = provider === undefined || text.startsWith(`[${provider}]`) ? "" : `[${provider}] `;
    super(redact(prefix + text), cause === undefined ? undefined : { cause: redactedCause(cause) });
    this.code = code;
    this.provider = provider;
    this.model = details.model;
    this.origin = details.origin;
    // a later minor release may have further codes
    this.scope = details.scope ?? CODE_SCOPES[code] ?? "provider";
    this.need = details.need;
    this.status = details.status;
    this.retryAfterMs = retryAfterMs;
    this.retryAt = details.retryAt ?? (retryAfterMs === undefined ? undefined : momentIn(retryAfterMs));
    this.requestId = details.requestId;
    this.phase = details.phase;
    if (partial !== undefined) Object.defineProperty(this, "partial", hidden(partial));
    if (route !== undefined) Object.defineProperty(this, "route", hidden(route));
    if (fix !== undefined) Object.defineProperty(this, "fix", hidden(redact(String(fix))));
  }

  /** The facts as plain data: no stack, no cause, nothing of an answer. */
  toJSON(): ChatErrorData {
    const { name, message, code, scope, need, provider, model, origin, status, retryAfterMs } = this;
    const { fix, help, retryAt, requestId, phase, route } = this;
    const when = { retryAfterMs, retryAt: retryAt?.toISOString() };
    const facts = {
      name,
      message,
      code,
      scope,
      fix,
      help,
      need,
      provider,
      model,
      origin,
      status,
      ...when,
      requestId,
    };
    return withoutUndefined({ ...facts, phase, route });
  }

  /** Recognises the errors of every copy of this package; `false` for a value that throws when it is looked at. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    try {
      return typeof value === "object" && value !== null && MARK in value;
    } catch {
      return false;
    }
  }
}

// most errors have neither, and a property that is defined takes longer than all that is assigned
Object.defineProperties(ChatError.prototype, {
  [MARK]: hidden(true),
  partial: hidden(undefined),
  route: hidden(undefined),
  // the code decides them, unless the thrower knows better: most errors are made and never shown
  fix: {
    get(this: ChatError) {
      return fixOf(this.code);
    },
    configurable: true,
  },
  help: {
    get(this: ChatError) {
      return helpOf(this.code);
    },
    configurable: true,
  },
});

function momentIn(ms: number): Date | undefined {
  const moment = new Date(Date.now() + ms);
  return Number.isNaN(moment.getTime()) ? undefined : moment;
}

function withoutUndefined<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

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
  const { need, retryAt, requestId } = error;
  const fix = ownFix(error);
  const { code = error.code, message = error.message, ...details } = changes;
  const when = "retryAfterMs" in changes ? {} : { retryAfterMs, retryAt };
  const known = { provider, model, origin, status, ...when, requestId, phase, partial, route, cause };
  const copy = withoutStack(
    () =>
      new ChatError(code, message, {
        ...known,
        ...(code === error.code ? { scope, need, fix } : {}),
        ...details,
      }),
  );
  takeFrames(copy, error);
  return copy;
}

/** Leaves out what follows from the code. */
function ownFix(error: ChatError): string | undefined {
  return Object.hasOwn(error, "fix") ? error.fix : undefined;
}

/**
 * A copy that is printed in one line, for an error that lists many: without stack, and with facts that are read but
 * not shown.
 */
export function briefError(error: ChatError): ChatError {
  const copy = withoutStack(
    () => new ChatError(error.code, error.message, { ...error, fix: ownFix(error), route: error.route }),
  );
  for (const name of Object.keys(copy)) Object.defineProperty(copy, name, { enumerable: false });
  if (error.partial !== undefined) Object.defineProperty(copy, "partial", hidden(error.partial));
  settleStack(copy, `${copy.name}: ${copy.message}`);
  return copy;
}
