import type { FinishReason } from "@fallthrough/core";
import { type HttpClient, type HttpResponse, quote, type ServerSentEvent } from "@fallthrough/core/provider";
import { ask } from "./ask.ts";
import { parseClassicAnswer, parseClassicEvent } from "./classic.ts";
import { isFailure } from "./failure.ts";
import { readJson } from "./read-json.ts";
import type { Turn, TurnParts } from "./turn.ts";

/** Asks a site of the classic generation; the site decides whether it streams. */
export async function* classicTurn({ http, site, bot, prompt, clientId, signal }: Turn): TurnParts {
  const response = await ask(http, {
    method: "POST",
    path: site.ajaxURL,
    // a field that is missing can print a warning into the answer
    body: new URLSearchParams({
      _wpnonce: site.nonce,
      post_id: bot.postId,
      url: http.origin,
      action: "wpaicg_chat_shortcode_message",
      message: prompt.message,
      bot_id: bot.id,
      chatbot_identity: identity(bot),
      wpaicg_chat_client_id: clientId,
      wpaicg_chat_history: JSON.stringify(prompt.history),
    }),
    signal,
    // up to 1.7 the conversation itself lives in cookies
    keepCookies: false,
  });
  if (isFailure(response)) return response;
  if ((await response.format()) === "events") return yield* classicParts(response.events());
  return yield* readAnswer(http, response);
}

function identity({ id, popup }: Turn["bot"]): string {
  if (id !== "0") return `custom_bot_${id}`;
  return popup ? "widget" : "shortcode";
}

async function* readAnswer(http: HttpClient, response: HttpResponse): TurnParts {
  const answer = parseClassicAnswer(await readJson(http, response));
  if (isFailure(answer)) return answer;
  if (answer.text !== "") yield { type: "text-delta", delta: answer.text };
  yield { type: "finish", finishReason: "stop" };
  return undefined;
}

/** The parts of a classic event stream. */
export async function* classicParts(events: AsyncIterable<ServerSentEvent>): TurnParts {
  let finishReason: FinishReason | undefined;
  let model: string | undefined;
  let spelled = "";
  let answered = false;

  for await (const { data } of events) {
    const event = parseClassicEvent(data);
    // the error is spelled out twice
    if (spelled !== "" && event.type !== "spelled") break;
    if (event.type === "failure") return event.failure;
    if (event.type === "spelled") spelled += event.text;
    if (event.type === "chunk") {
      model = event.model ?? model;
      finishReason = event.finishReason ?? finishReason;
      answered ||= event.delta.trim() !== "";
      if (event.delta !== "") yield { type: "text-delta", delta: event.delta };
    }
    if (event.type === "done") {
      finishReason ??= "stop";
      // up to 1.8.85 a JSON line follows that holds the whole answer again
      break;
    }
  }

  if (spelled !== "")
    return { code: "server", message: `chat spelled out an upstream's error ${quote(spelled)}` };
  if (finishReason !== undefined) {
    yield { type: "finish", finishReason, model };
    return undefined;
  }
  if (!answered) return { code: "empty", message: "chat stream ended with nothing in it" };
  return { code: "interrupted", message: "chat stream ended without finish reason and `[DONE]`" };
}
