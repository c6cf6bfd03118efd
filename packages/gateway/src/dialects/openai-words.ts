import type { ChatErrorCode } from "@fallthrough/core";

/** What clients of OpenAI look for. */
const WORDS: { readonly [Code in ChatErrorCode]?: string } = {
  "rate-limit": "rate_limit_exceeded",
  payment: "insufficient_quota",
  "not-found": "model_not_found",
  "context-length": "context_length_exceeded",
  "content-filter": "content_filter",
};

/** A code as OpenAI says it, with our own word as the reason where that is another. */
export function openaiCode(code: string): { readonly code: string; readonly reason?: string } {
  const word = WORDS[code as ChatErrorCode];
  return word === undefined ? { code } : { code: word, reason: code };
}
