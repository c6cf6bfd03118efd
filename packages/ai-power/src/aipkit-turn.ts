import { randomUUID } from "node:crypto";
import type { FinishReason } from "@fallthrough/core";
import type { ServerSentEvent } from "@fallthrough/core/provider";
import { noteReason, parseAipkitAnswer, parseAipkitEvent, parseCacheKey } from "./aipkit.ts";
import { ask } from "./ask.ts";
import { type Failure, isFailure } from "./failure.ts";
import { readJson } from "./read-json.ts";
import type { Turn, TurnParts } from "./turn.ts";

/** Asks a site of the AIPKit generation, in a conversation of its own. */
export async function* aipkitTurn(turn: Turn): TurnParts {
  const conversation = randomUUID();
  if (turn.bot.streams === false) return yield* plainTurn(turn, conversation);
  const failure = yield* streamedTurn(turn, conversation);
  if (failure?.remedy !== "key") return failure;
  // any read spends the key, even one that is refused
  return withoutRemedy(yield* streamedTurn(turn, conversation));
}

async function* streamedTurn(turn: Turn, conversation: string): TurnParts {
  const { http, site, bot, sessionId, signal } = turn;
  const key = await cacheMessage(turn);
  if (isFailure(key)) {
    // 2.3 had the JSON action only
    return key.code === "protocol" && key.remedy === "page" ? yield* plainTurn(turn, conversation) : key;
  }
  const response = await ask(http, {
    path: site.ajaxURL,
    query: {
      action: "aipkit_frontend_chat_stream",
      cache_key: key.cacheKey,
      bot_id: bot.id,
      session_id: sessionId,
      conversation_uuid: conversation,
      post_id: bot.postId,
      _ts: String(Date.now()),
      _ajax_nonce: site.nonce,
    },
    headers: { accept: "text/event-stream" },
    signal,
    keepCookies: false,
  });
  return isFailure(response) ? response : yield* aipkitParts(response.events());
}

async function cacheMessage(turn: Turn): Promise<{ readonly cacheKey: string } | Failure> {
  const { http, site, bot, prompt, signal } = turn;
  const response = await ask(http, {
    method: "POST",
    path: site.ajaxURL,
    body: new URLSearchParams({
      action: "aipkit_cache_sse_message",
      message: asMessage(prompt.message),
      _ajax_nonce: site.nonce,
      bot_id: bot.id,
      user_client_message_id: `aipkit-client-msg-${bot.id}-${Date.now()}-${randomUUID().slice(0, 7)}`,
    }),
    signal,
    keepCookies: false,
  });
  if (isFailure(response)) return response;
  const key = parseCacheKey(await readJson(http, response));
  return typeof key === "string" ? { cacheKey: key } : key;
}

/** The server takes a JSON object with `stream_context` apart instead of asking it. */
function asMessage(text: string): string {
  return text.startsWith("{") && text.includes("stream_context") ? `\n${text}` : text;
}

async function* plainTurn(turn: Turn, conversation: string): TurnParts {
  const { http, site, bot, prompt, sessionId, signal } = turn;
  const response = await ask(http, {
    method: "POST",
    path: site.ajaxURL,
    body: new URLSearchParams({
      action: "aipkit_frontend_chat_message",
      _ajax_nonce: site.nonce,
      bot_id: bot.id,
      session_id: sessionId,
      conversation_uuid: conversation,
      message: prompt.message,
      post_id: bot.postId,
    }),
    signal,
    keepCookies: false,
  });
  if (isFailure(response)) return response;
  const answer = parseAipkitAnswer(await readJson(http, response));
  if (isFailure(answer)) return answer;
  if (answer.text !== "") yield { type: "text-delta", delta: answer.text };
  yield { type: "finish", finishReason: noteReason(answer.text) ?? "stop" };
  return undefined;
}

/** The parts of an AIPKit event stream. */
async function* aipkitParts(events: AsyncIterable<ServerSentEvent>): TurnParts {
  let finishReason: FinishReason = "stop";
  let answered = false;
  for await (const given of events) {
    const event = parseAipkitEvent(given);
    if (event.type === "failure") return answered ? withoutRemedy(event.failure) : event.failure;
    if (event.type === "delta") {
      answered ||= event.text.trim() !== "";
      yield { type: "text-delta", delta: event.text };
    }
    if (event.type === "sources") {
      for (const source of event.sources) yield { type: "source", ...source };
    }
    if (event.type === "note") {
      finishReason = event.finishReason ?? finishReason;
      if (event.finishReason === undefined) yield { type: "warning", code: "other", message: event.text };
    }
    if (event.type === "done") {
      yield { type: "finish", finishReason };
      return undefined;
    }
  }
  if (!answered) return { code: "empty", message: "chat stream ended without text" };
  return { code: "interrupted", message: "chat stream ended without its `done` event" };
}

function withoutRemedy(failure: Failure | undefined): Failure | undefined {
  return failure && { ...failure, remedy: undefined };
}
