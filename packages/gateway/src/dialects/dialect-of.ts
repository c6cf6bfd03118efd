import type { HttpRequest } from "../exchange-types.ts";
import { CHAT_COMPLETIONS } from "./chat-completions/chat-completions.ts";
import type { Dialect } from "./dialect.ts";
import { MESSAGES } from "./messages/messages.ts";
import { OLLAMA_CHAT } from "./ollama/ollama.ts";

/** What a client speaks where its path is not one of a dialect: every client of Anthropic names a version of its API. */
export function dialectOf({ url, headers }: Pick<HttpRequest, "url" | "headers">): Dialect {
  if (headers.get("anthropic-version") !== null) return MESSAGES;
  return new URL(url).pathname.startsWith("/api/") ? OLLAMA_CHAT : CHAT_COMPLETIONS;
}
