import type { Failure } from "../../failure-answer.ts";
import { openaiCode, openaiMessage } from "../openai-words.ts";

const TYPES: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [403, "permission_error"],
  [429, "rate_limit_error"],
]);

/** A failure in OpenAI's shape; `reason` is the code of `docs/errors.md` where OpenAI has a word of its own for it. */
export function formatError(failure: Failure): object {
  const { status, param, code, fix, help, retryAt, provider, attempts } = failure;
  return {
    error: {
      message: openaiMessage(failure),
      type: TYPES.get(status) ?? (status < 500 ? "invalid_request_error" : "server_error"),
      param: param ?? null,
      ...openaiCode(code),
      fix,
      help,
      provider,
      attempts,
      retry_at: retryAt,
    },
  };
}
