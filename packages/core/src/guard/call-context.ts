import type { Attempt } from "../contract/contract.ts";
import type { Phase } from "../errors/error-codes.ts";
import type { Redactor } from "../errors/redact.ts";

/** What the layers of one call tell each other; it travels with the signal that the guard gives to the provider. */
export interface Call {
  /** Written by the HTTP client. */
  phase: Phase;
  /** Written by the HTTP client: exchanges whose body has not ended. */
  exchanges: number;
  /** Written by the HTTP client: it knows the secrets of the instance. */
  redactor?: Redactor | undefined;
  /** Written by the HTTP client: the head of the last answer, with names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds; read by the HTTP client. */
  readonly connectMs: number;
  /** The route that this call writes. */
  readonly route: OpenRoute;
  /** What a chain passes to the chains inside it, also through a provider that wraps them. */
  readonly chain?: object | undefined;
  /** Which of the instance's keys a chain has chosen, from 0 on. */
  readonly key?: number | undefined;
  /** Told by the HTTP client of the head of each answer. */
  readonly observer?: HeadObserver | undefined;
}

/** Learns what the heads of answers say before their bodies come. */
export interface HeadObserver {
  /** The head of an answer came, with a success status or without; names are in lower case. */
  headed?(headers: Readonly<Record<string, string>>): void;
}

/** The route of a call that goes on; a reply shows it, and a chain writes into it as attempts commit and end. */
export interface OpenRoute {
  /** The id of the provider that answers. */
  provider?: string;
  /** The model that answers. */
  model?: string;
  /** Every candidate so far. */
  readonly attempts: Attempt[];
}

// a registered symbol, because provider and registry may each hold a copy of this package
const CALL = Symbol.for("@fallthrough/core/1.call");

/** Attaches a call to the signal that the guard made for it. */
export function openCall(signal: AbortSignal, call: Call): void {
  (signal as { [CALL]?: Call })[CALL] = call;
}

/** The call that this signal belongs to. */
export function callOf(signal: AbortSignal | undefined): Call | undefined {
  return (signal as { [CALL]?: Call } | undefined)?.[CALL];
}

const EMPTY_ALLOWED = Symbol.for("@fallthrough/core/1.emptyAllowed");

/** Says of the call with this signal that an answer with nothing in it is one; a request has no field for it. */
export function allowEmptyAnswer(signal: AbortSignal): void {
  (signal as { [EMPTY_ALLOWED]?: boolean })[EMPTY_ALLOWED] = true;
}

/** Whether that was said of the call with this signal. */
export function isEmptyAllowed(signal: AbortSignal | undefined): boolean {
  return (signal as { [EMPTY_ALLOWED]?: boolean } | undefined)?.[EMPTY_ALLOWED] ?? false;
}
