import type { Route } from "../contract/contract.ts";
import type { ChatError } from "./chat-error.ts";
import type { ChatErrorCode } from "./error-codes.ts";

/** Marks the error of a chain of which every candidate failed or was skipped. */
export const EXHAUSTED: unique symbol = Symbol.for("@fallthrough/registry/1.ChainExhaustedError") as never;

/** What such an error says. */
export interface ExhaustedCall {
  /** One error for each attempt that failed. */
  readonly errors: readonly ChatError[];
  /** Who was asked and who was skipped. */
  readonly route: Route;
  /** The one code that all attempts share. */
  readonly code?: ChatErrorCode | undefined;
  /** When the first candidate may be asked again, where that is known. */
  readonly retryAt?: Date | undefined;
}

/** Whether every candidate failed or was skipped; `false` for a value that throws when it is looked at. */
export function isExhausted(reason: unknown): reason is Error & ExhaustedCall {
  try {
    return typeof reason === "object" && reason !== null && EXHAUSTED in reason;
  } catch {
    return false;
  }
}
