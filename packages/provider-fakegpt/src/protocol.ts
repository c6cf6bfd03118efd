import { ChatError, type FinishReason } from "@fallthrough/core";
import {
  type CumulativeFormat,
  type CumulativeState,
  type FailedAnswer,
  type FailureNote,
  fieldsOf,
  parseFailureBody,
  parseJson,
  quote,
  type ServerSentEvent,
} from "@fallthrough/core/provider";

const WHAT = "POST /api/conversation";
/** How many characters of the server's words a message quotes at most. */
const MOST_WORDS = 300;

/** How the events of a conversation are read. */
export const CONVERSATION: CumulativeFormat = {
  what: WHAT,
  head: /^\{\s*"message":\s*\{\s*"id":\s*"[\w-]+"/,
  parse: parseEvent,
};

/** The ids of the tokens that a login may use, the least used first; @throws `server` when none is left */
export function parseLoads(body: unknown): readonly string[] {
  const { loads } = fieldsOf(body);
  if (!Array.isArray(loads)) {
    const answer = quote(JSON.stringify(body));
    throw new ChatError("protocol", `GET /api/loads answered ${answer}, expected \`loads\``);
  }
  const tokens = loads.map(fieldsOf).filter(({ token_id: id }) => typeof id === "string" && id !== "");
  if (tokens.length === 0) throw new ChatError("server", "GET /api/loads answered no token");
  const useOf = (token: (typeof tokens)[number]): number => Number(token["count"]) || 0;
  return tokens.sort((a, b) => useOf(a) - useOf(b)).map(({ token_id: id }) => String(id));
}

/** The value of the cookie `credential` in a `set-cookie` header. */
export function parseCredential(setCookie: string | undefined): string | undefined {
  return /(?:^|[,\s])credential=([^;,\s]+)/.exec(setCookie ?? "")?.[1];
}

/** What the code in the `detail` of a failed answer means; the words in it where the status says as much. */
export function parseFailure({ status, body }: FailedAnswer): ChatError | FailureNote | undefined {
  const name = /"code":\s*"(token_expired|message_length_exceeds_limit)"/.exec(body)?.[1];
  if (name === undefined) return notedWords(body, status);
  const code = name === "token_expired" ? "auth" : "context-length";
  return new ChatError(code, `${WHAT} answered ${status} with the code ${quote(name)}`, { status });
}

function notedWords(body: string, status: number): FailureNote | undefined {
  const { words, retryAfterMs } = parseFailureBody(body, status) ?? {};
  return words === undefined ? undefined : { words, retryAfterMs };
}

function parseEvent({ event, data }: ServerSentEvent): CumulativeState | undefined {
  // comes even when the server was itself cut off, so it proves nothing
  if (data === "[DONE]") return { finishReason: undefined };
  // a ping holds a date, not JSON
  if (event !== "message" && event !== "error") return undefined;
  const { message, error, moderation_response: moderation } = fieldsOf(parseJson(data, WHAT));
  const problem = error ?? (event === "error" ? data : undefined);
  if (problem) {
    const words = typeof problem === "string" ? problem : JSON.stringify(problem);
    throw new ChatError("server", `${WHAT} answered the error ${quote(words, MOST_WORDS)}`);
  }
  if (fieldsOf(moderation)["blocked"] === true) return { finishReason: "content-filter" };
  return parseMessage(message);
}

/** The question, its system message and tools come too; only what the assistant says to the user counts. */
function parseMessage(message: unknown): CumulativeState | undefined {
  const { id, author, content, recipient, metadata, status, end_turn: endTurn } = fieldsOf(message);
  const { content_type: contentType, parts } = fieldsOf(content);
  const { message_type: type, model_slug: model, finish_details: details } = fieldsOf(metadata);
  const spoken = fieldsOf(author)["role"] === "assistant" && recipient === "all" && type === "next";
  const text: unknown = Array.isArray(parts) ? parts[0] : undefined;
  if (!spoken || contentType !== "text" || typeof text !== "string") return undefined;
  const finishReason = reasonOf(status, endTurn, fieldsOf(details)["type"]);
  return { id: String(id), text, finishReason, model: typeof model === "string" ? model : undefined };
}

/**
 * Why a message ended; `undefined` for one that goes on, that others follow, or that was stopped without an end.
 *
 * At the limit of tokens ChatGPT calls a message `finished_partial_completion`, and shows a button to go on. It gives
 * the same name to one that its reader stopped, whose details say `interrupted`.
 */
function reasonOf(status: unknown, endTurn: unknown, details: unknown): FinishReason | undefined {
  const cut = details === "max_tokens";
  if (status === "finished_partial_completion") return cut ? "length" : undefined;
  if (status !== "finished_successfully") return undefined;
  if (cut) return "length";
  return endTurn === true ? "stop" : undefined;
}
