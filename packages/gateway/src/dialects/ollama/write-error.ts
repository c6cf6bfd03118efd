import type { Failure } from "../../failure-answer.ts";

/** A failure in Ollama's shape. */
export function formatError({ message, code, retryAt, provider, attempts }: Failure): object {
  return { error: message, code, provider, attempts, retry_at: retryAt };
}
