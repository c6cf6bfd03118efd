import type { ChatErrorCode } from "@fallthrough/core";
import type { Failure } from "../../failure-answer.ts";

/** What clients of OpenAI look for. */
const CODES: { readonly [Code in ChatErrorCode]?: string } = {
  "rate-limit": "rate_limit_exceeded",
  payment: "insufficient_quota",
  "not-found": "model_not_found",
  "context-length": "context_length_exceeded",
  "content-filter": "content_filter",
};
const TYPES: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [403, "permission_error"],
  [429, "rate_limit_error"],
]);

/** A failure in OpenAI's shape; `reason` is the code of `docs/errors.md` where OpenAI has a word of its own for it. */
export function formatError({ status, message, param, code, retryAt, provider, attempts }: Failure): object {
  const word = CODES[code as ChatErrorCode];
  return {
    error: {
      message,
      type: TYPES.get(status) ?? (status < 500 ? "invalid_request_error" : "server_error"),
      param: param ?? null,
      ...(word === undefined ? { code } : { code: word, reason: code }),
      provider,
      attempts,
      retry_at: retryAt,
    },
  };
}
