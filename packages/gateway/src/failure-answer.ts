import { ChatError } from "@fallthrough/core";
import { failureHeaders, type ToldFailure, tellFailure } from "@fallthrough/core/internal";
import { ChainExhaustedError } from "@fallthrough/registry";
import { type HttpAnswer, jsonAnswer } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";

/** A failure as a client of the gateway sees it. */
export interface Failure extends ToldFailure {
  /** What was said where the model itself would not answer; absent where the request was refused. */
  readonly refusal?: string | undefined;
}

/** What a client learns of any failure. */
export function explainFailure(reason: unknown): Failure {
  if (!(reason instanceof Refusal)) return { ...tellFailure(reason), refusal: refusalOf(reason) };
  const { status, message, code, param, retryAfterMs } = reason;
  return { status, message, code, param, retryAfterMs, spent: false };
}

/** A server that refuses a request has a status for it; a model refuses inside of an answer. */
function refusalOf(reason: unknown): string | undefined {
  const last = reason instanceof ChainExhaustedError ? reason.errors.at(-1) : reason;
  if (!(last instanceof ChatError) || last.code !== "content-filter" || last.status !== undefined)
    return undefined;
  return last.message.replace(`[${last.provider}] `, "");
}

/** How one dialect writes a failure. */
export interface FailureForm {
  /** The status that its clients expect. @default that of the failure */
  errorStatus?(failure: Failure): number;
  /** The body, as a JSON value. */
  formatError(failure: Failure): object;
}

/** The answer for a failure before any byte of another answer. */
export function failureAnswer(reason: unknown, form: FailureForm): HttpAnswer {
  const failure = explainFailure(reason);
  const status = form.errorStatus?.(failure) ?? failure.status;
  return jsonAnswer(form.formatError(failure), { status, headers: failureHeaders(failure) });
}
