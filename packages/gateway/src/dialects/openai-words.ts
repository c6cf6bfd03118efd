import type { ChatErrorCode } from "@fallthrough/core";
import type { Failure } from "../failure-answer.ts";

/** What clients of OpenAI look for. */
const WORDS: { readonly [Code in ChatErrorCode]?: string } = {
  "rate-limit": "rate_limit_exceeded",
  payment: "insufficient_quota",
  "not-found": "model_not_found",
  "context-length": "context_length_exceeded",
  "content-filter": "content_filter",
};

/** What stands in OpenAI's own message when a conversation has grown too long: LangChain looks for it there. */
const TOO_LONG = "the request exceeds the context window";

/** What happened, with the words that clients of OpenAI look for. */
export function openaiMessage({ code, message }: Pick<Failure, "code" | "message">): string {
  return code === "context-length" ? `${TOO_LONG}: ${message}` : message;
}

/** A code as OpenAI says it, with our own word as the reason where that is another. */
export function openaiCode(code: string): { readonly code: string; readonly reason?: string } {
  const word = WORDS[code as ChatErrorCode];
  return word === undefined ? { code } : { code: word, reason: code };
}
