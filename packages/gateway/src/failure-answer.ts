import { failureHeaders, type ToldFailure, tellFailure } from "@fallthrough/core/internal";
import { type HttpAnswer, jsonAnswer } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";

/** A failure as a client of the gateway sees it. */
export type Failure = ToldFailure;

/** What a client is told of any failure. */
export function explainFailure(reason: unknown): Failure {
  if (!(reason instanceof Refusal)) return tellFailure(reason);
  const { status, message, code, param, retryAfterMs } = reason;
  return { status, message, code, param, retryAfterMs, spent: false };
}

/** How a failure is told in one dialect. */
export interface FailureForm {
  /** The status that its clients expect. @default that of the failure */
  errorStatus?(failure: Failure): number;
  /** The body, as a JSON value. */
  formatError(failure: Failure): object;
}

/** The answer that tells a failure before any byte of another. */
export function failureAnswer(reason: unknown, form: FailureForm): HttpAnswer {
  const failure = explainFailure(reason);
  const status = form.errorStatus?.(failure) ?? failure.status;
  return jsonAnswer(form.formatError(failure), { status, headers: failureHeaders(failure) });
}
