import type { Failure } from "../../failure-answer.ts";

/** Anthropic's status for a service that has more to do than it can. */
const OVERLOADED = 529;
const TYPES: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [408, "timeout_error"],
  [409, "conflict_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [OVERLOADED, "overloaded_error"],
]);
/** What clients of Anthropic look for when a conversation has grown too long. */
const TOO_LONG = "prompt is too long";

/** The status that Anthropic uses for such a failure. */
export function errorStatus({ status, code }: Failure): number {
  if (code === "context-length") return 400;
  return status === 503 ? OVERLOADED : status;
}

/** A failure in Anthropic's shape. */
export function formatError(failure: Failure): object {
  const status = errorStatus(failure);
  const { code, param, retryAt, provider, attempts } = failure;
  const message = code === "context-length" ? `${TOO_LONG}: ${failure.message}` : failure.message;
  const type = TYPES.get(status) ?? (status < 500 ? "invalid_request_error" : "api_error");
  const details = { code, param, provider, attempts, retry_at: retryAt };
  return { type: "error", error: { type, message, details } };
}
