import type { AnswerTo } from "../answer.ts";
import { loadAnswer } from "../fixture.ts";
import { readForm } from "../form.ts";
import { createNonce } from "../nonce.ts";
import { fillAnswer, phpString, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";
import { AJAX_PATH, criticalError, wordpressPage, wordpressReply } from "../wordpress.ts";

/** How the stand-in of ChatGptt is set up. */
export interface ChatgpttSiteOptions {
  /** Which way the owner set the plugin to answer. @default "stream" */
  readonly mode?: "stream" | "json" | undefined;
}

const VERSION = "ai-power/1.9.18";
const RECORDED_NONCE = "324539bcad";
const ACTION = "wpaicg_chat_shortcode_message";
const DELTA = /(?<="delta":\{"content":)"(?:[^"\\]|\\.)+"/;
const DATA = /(?<="data":)"(?:[^"\\]|\\.)*"/;
const PAGES = new Set(["/", "/chat", "/chat/"]);

/** The protocol of AI Power 1.9.18, the last of the classic generation. */
export function createChatgpttSite(answerTo: AnswerTo, { mode = "stream" }: ChatgpttSiteOptions = {}): Site {
  const nonce = createNonce();
  const recorded = (name: string, { origin }: SiteRequest): Reply =>
    wordpressReply(loadAnswer(VERSION, name), origin);

  function page(request: SiteRequest): Reply {
    const found = PAGES.has(request.url.pathname);
    return wordpressPage(loadAnswer(VERSION, found ? "page-home" : "page-missing"), request.origin, [
      [RECORDED_NONCE, nonce.value],
      ['data-post-id="6"', 'data-post-id="22"'],
      ['data-openai_stream_nav="0"', `data-openai_stream_nav="${mode === "stream" ? 1 : 0}"`],
    ]);
  }

  async function ajax(request: SiteRequest): Promise<Reply> {
    const form = await readForm(request);
    const action = form.get("action") ?? request.url.searchParams.get("action");
    if (action !== ACTION) return recorded("unknown-action", request);
    const sent = form.get("_wpnonce") ?? request.url.searchParams.get("_wpnonce") ?? undefined;
    if (!nonce.accepts(sent, request)) return recorded("bad-nonce-json", request);
    const message = form.get("message") ?? "";
    // PHP takes the text "0" for nothing
    if (message === "" || message === "0") return recorded("empty-message-json", request);
    return answer(message, request);
  }

  function answer(message: string, request: SiteRequest): Reply {
    if (request.behaviour === "empty") {
      return recorded(mode === "stream" ? "up-empty-sse" : "up-empty-json", request);
    }
    return mode === "stream"
      ? fillAnswer(recorded("ok-sse", request), DELTA, answerTo(message))
      : fillAnswer(recorded("ok-json", request), DATA, answerTo(message), phpString);
  }

  return {
    serverError: criticalError(),
    answer: (request) => (request.url.pathname === AJAX_PATH ? ajax(request) : page(request)),
  };
}
