import type { Failure } from "../../failure-answer.ts";
import { openaiCode, openaiMessage } from "../openai-words.ts";

/** Codes of the gateway's own faults; every other 5xx is a provider's. */
const OWN_FAULTS: readonly string[] = [
  "internal",
  "no_provider",
  "shutting_down",
  "too_many_calls",
  "too_many_bytes",
];

/** A failure in the shape of Open Responses. */
export interface ResponseError {
  /** The kind, by status. */
  readonly type: string;
  /** What clients look for. */
  readonly code: string;
  /** What happened, for people. */
  readonly message: string;
  /** The field of the request that is wrong. */
  readonly param: string | null;
}

/** A failure as the body of an answer. */
export function formatError(failure: Failure): { readonly error: ResponseError } {
  const { status, code, param, retryAfterMs, retryAt, provider, attempts } = failure;
  // a client that reads nothing but the words finds the time there
  const wait = retryAfterMs === undefined ? "" : `, try again in ${Math.ceil(retryAfterMs / 1000)}s`;
  return {
    error: {
      type: typeOf(status, code),
      message: `${openaiMessage(failure)}${wait}`,
      param: param ?? null,
      ...openaiCode(code),
      provider,
      attempts,
      retry_at: retryAt,
    } as ResponseError,
  };
}

/** The code of a response that failed: one of OpenAI's, because clients know no other. */
export function failedCode({ status, code }: Failure): string {
  const { code: word, reason } = openaiCode(code);
  return reason !== undefined || status < 500 ? word : "server_error";
}

function typeOf(status: number, code: string): string {
  if (status === 404) return "not_found";
  if (status === 429) return "too_many_requests";
  if (status < 500) return "invalid_request";
  return OWN_FAULTS.includes(code) ? "server_error" : "model_error";
}
