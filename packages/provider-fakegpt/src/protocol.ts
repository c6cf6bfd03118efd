import {
  ChatError,
  type FailedAnswer,
  type FinishReason,
  fieldsOf,
  parseJson,
  quote,
  type ServerSentEvent,
  type StreamPart,
} from "@fallthrough/core";

const WHAT = "POST /api/conversation";

/** What an event says: the whole text so far of a message of the assistant, or that no more will come. */
type Said =
  | { id: string; text: string; finishReason: FinishReason | undefined; model: string | undefined }
  | { finishReason?: FinishReason; error?: unknown };

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

/** What the code in the `detail` of a failed answer means; `undefined` where the status says as much. */
export function parseFailure({ status, body }: FailedAnswer): ChatError | undefined {
  const name = /"code":\s*"(token_expired|message_length_exceeds_limit)"/.exec(body)?.[1];
  if (name === undefined) return undefined;
  const code = name === "token_expired" ? "auth" : "context-length";
  return new ChatError(code, `${WHAT} answered ${status} with the code ${quote(name)}`, { status });
}

/** The parts of an answer, each event of which repeats the whole text so far. */
export async function* answerParts(
  groups: AsyncIterable<readonly ServerSentEvent[]>,
): AsyncGenerator<StreamPart> {
  const sent = new Map<string, string>();
  let finishReason: FinishReason | undefined;
  let model: string | undefined;
  reading: for await (const group of groups) {
    for (const said of parseGroup(group)) {
      if (!("text" in said)) {
        if (said.error !== undefined) throw said.error;
        finishReason = said.finishReason ?? finishReason;
        break reading;
      }
      const { id, text } = said;
      const before = sent.get(id) ?? "";
      if (!text.startsWith(before)) {
        throw new ChatError("protocol", `${WHAT} changed text that it had sent, expected it to grow`);
      }
      ({ finishReason, model } = said);
      // blank text is held back: until there is more, the server may start over
      if (text === before || text.trim() === "") continue;
      sent.set(id, text);
      yield { type: "text-delta", delta: text.slice(before.length) };
    }
  }
  // `[DONE]` proves nothing: the server writes it even when it was itself cut off
  if (finishReason === undefined) {
    const code = sent.size === 0 ? "empty" : "interrupted";
    throw new ChatError(code, `${WHAT} ended before a message was \`finished_successfully\``);
  }
  yield { type: "finish", finishReason, model };
}

/** What a group of events says; of several states of a message only the newest is parsed. */
function parseGroup(group: readonly ServerSentEvent[]): readonly Said[] {
  let said: Said[] = [];
  let heads: string[] = [];
  for (const event of group.toReversed()) {
    if (heads.some((head) => event.data.startsWith(head))) continue;
    const meaning = parseEvent(event);
    if (meaning === undefined) continue;
    const head = /^\{\s*"message":\s*\{\s*"id":\s*"[\w-]+"/.exec(event.data)?.[0];
    // what follows an end does not count, so it cannot stand for what came before
    if (!("text" in meaning)) [said, heads] = [[], []];
    else if (head !== undefined) heads.push(head);
    said.push(meaning);
  }
  return said.reverse();
}

function parseEvent({ event, data }: ServerSentEvent): Said | undefined {
  if (data === "[DONE]") return {};
  // a ping holds a date, not JSON
  if (event !== "message" && event !== "error") return undefined;
  try {
    const { message, error, moderation_response: moderation } = fieldsOf(parseJson(data, WHAT));
    if (fieldsOf(moderation)["blocked"] === true) return { finishReason: "content-filter" };
    const problem = error ?? (event === "error" ? data : undefined);
    if (!problem) return parseMessage(message);
    return { error: new ChatError("server", `${WHAT} answered the error ${quote(JSON.stringify(problem))}`) };
  } catch (error) {
    return { error };
  }
}

/** The question, its system message and tools come too; only what the assistant says to the user counts. */
function parseMessage(message: unknown): Said | undefined {
  const { id, author, content, recipient, metadata, status, end_turn: endTurn } = fieldsOf(message);
  const { content_type: contentType, parts } = fieldsOf(content);
  const { message_type: type, model_slug: model, finish_details: details } = fieldsOf(metadata);
  const spoken = fieldsOf(author)["role"] === "assistant" && recipient === "all" && type === "next";
  const text: unknown = Array.isArray(parts) ? parts[0] : undefined;
  if (!spoken || contentType !== "text" || typeof text !== "string") return undefined;
  const cut = fieldsOf(details)["type"] === "max_tokens";
  const finished = status === "finished_successfully" && (endTurn === true || cut);
  return {
    id: String(id),
    text,
    finishReason: finished ? (cut ? "length" : "stop") : undefined,
    model: typeof model === "string" ? model : undefined,
  };
}
