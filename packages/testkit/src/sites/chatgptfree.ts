import { randomBytes } from "node:crypto";
import type { AnswerTo } from "../answer.ts";
import { loadAnswer } from "../fixture.ts";
import { readForm } from "../form.ts";
import { createNonce } from "../nonce.ts";
import { fillAnswer, phpStreamString, phpString, type Reply } from "../reply.ts";
import type { Site, SiteRequest } from "../site.ts";
import { AJAX_PATH, criticalError, wordpressPage, wordpressReply } from "../wordpress.ts";

/** How the stand-in of ChatgptFree is set up. */
export interface ChatgptfreeSiteOptions {
  /** The plugin; the older one has the JSON action, and its page asks for it. @default "2.4.71" */
  readonly version?: "2.3.43" | "2.4.71" | undefined;
  /** Milliseconds that a cached message is kept. @default 60000 */
  readonly keyMs?: number | undefined;
}

/** The bots of the site; the first is the one on its page. */
const BOTS: ReadonlyMap<string, string> = new Map([
  ["25865", "gpt-4o-mini"],
  ["25871", "gpt-5-nano"],
  ["25874", "gemini"],
  ["25873", "deepseek"],
  ["25875", "claude"],
  ["25872", "grok"],
  ["25870", "llama"],
  ["25869", "qwen"],
  ["29624", "perplexity"],
]);
const PAGE_BOT = "25865";
const RECORDED_BOTS = { "2.3.43": "8", "2.4.71": "5" } as const;
const RECORDED_NONCE = "c700006fbf";
const RECORDED_KEY = /aipkit_sse_\w{32}/;
const DELTA = /(?<=^data: \{"delta":)"(?:[^"\\]|\\.)+"/m;
const REPLY = /(?<="reply":)"(?:[^"\\]|\\.)*"/;
const PAGES = new Set(["/", "/chat", "/chat/"]);

interface CachedMessage {
  readonly message: string;
  readonly until: number;
}

/** The protocol of AIPKit, the newer generation of AI Power, with one bot per model. */
export function createChatgptfreeSite(answerTo: AnswerTo, options: ChatgptfreeSiteOptions = {}): Site {
  const { version = "2.4.71", keyMs = 60_000 } = options;
  const nonce = createNonce();
  const cache = new Map<string, CachedMessage>();
  const recorded = (name: string, { origin }: SiteRequest): Reply =>
    wordpressReply(loadAnswer(`ai-power/${version}`, name), origin, [[RECORDED_NONCE, nonce.value]]);

  function page(request: SiteRequest): Reply {
    const found = PAGES.has(request.url.pathname);
    const recordedBot = RECORDED_BOTS[version];
    const response = loadAnswer(`ai-power/${version}`, found ? "page-home" : "page-missing");
    return wordpressPage(response, request.origin, [
      [RECORDED_NONCE, nonce.value],
      [`botId&quot;:${recordedBot},`, `botId&quot;:${PAGE_BOT},`],
      [`data-bot-id="${recordedBot}"`, `data-bot-id="${PAGE_BOT}"`],
      [`aipkit_chat_container_${recordedBot}"`, `aipkit_chat_container_${PAGE_BOT}"`],
      ["streamEnabled&quot;:true", "streamEnabled&quot;:false"],
    ]);
  }

  async function ajax(request: SiteRequest): Promise<Reply> {
    const form = await readForm(request);
    const query = request.url.searchParams;
    const action = form.get("action") ?? query.get("action");
    const botId = form.get("bot_id") ?? query.get("bot_id") ?? "";
    const foreign = isForeign(request) && botId !== "";
    switch (action) {
      case "aipkit_get_frontend_chat_nonce":
        return recorded(foreign ? "nonce-cross-origin" : "nonce", request);
      case "aipkit_cache_sse_message":
        return cacheMessage(request, form, foreign);
      case "aipkit_frontend_chat_stream":
        return stream(request, query, foreign);
      case "aipkit_frontend_chat_message":
        return version === "2.3.43" ? reply(request, form, foreign) : recorded("no-action", request);
      default:
        return recorded("no-action", request);
    }
  }

  function cacheMessage(request: SiteRequest, form: ReadonlyMap<string, string>, foreign: boolean): Reply {
    if (!nonce.accepts(form.get("_ajax_nonce"), request)) return recorded("bad-nonce-cache", request);
    if (foreign) return recorded("cross-origin-cache", request);
    const message = form.get("message") ?? "";
    if (isNothing(message)) return recorded("empty-message-cache", request);

    const key = `aipkit_sse_${randomBytes(16).toString("hex")}`;
    cache.set(key, { message, until: performance.now() + keyMs });
    const kept = recorded("ok-1-cache", request);
    const exchange = (chunk: Buffer): Buffer =>
      Buffer.from(chunk.toString("utf8").replace(RECORDED_KEY, key));
    return { ...kept, chunks: kept.chunks.map(exchange) };
  }

  function stream(request: SiteRequest, query: URLSearchParams, foreign: boolean): Reply {
    if (!nonce.accepts(query.get("_ajax_nonce") ?? undefined, request)) {
      return recorded("bad-nonce-stream", request);
    }
    if (foreign) return recorded("cross-origin-stream", request);
    const key = query.get("cache_key") ?? "";
    if (key === "") return recorded("key-missing-stream", request);
    const cached = cache.get(key);
    cache.delete(key);
    if (!cached) return recorded("key-unknown-stream", request);
    if (performance.now() > cached.until) return recorded("key-expired-stream", request);
    const model = BOTS.get(query.get("bot_id") ?? "");
    if (model === undefined) return recorded("unknown-bot-stream", request);
    if (!query.get("session_id")) return recorded("no-session-stream", request);
    if (!query.get("conversation_uuid")) return recorded("no-conversation-stream", request);

    if (request.behaviour === "empty") return recorded("up-nullcontent-stream", request);
    return fillAnswer(recorded("ok-2-stream", request), DELTA, speak(cached.message, model), phpStreamString);
  }

  function reply(request: SiteRequest, form: ReadonlyMap<string, string>, foreign: boolean): Reply {
    if (!nonce.accepts(form.get("_ajax_nonce"), request)) return recorded("bad-nonce-json", request);
    if (foreign) return recorded("cross-origin-json", request);
    const model = BOTS.get(form.get("bot_id") ?? "");
    if (model === undefined) return recorded("unknown-bot-json", request);
    const message = form.get("message") ?? "";
    if (isNothing(message.trim())) return recorded("no-message-json", request);
    if (!form.get("session_id")) return recorded("no-session-json", request);
    if (!form.get("conversation_uuid")) return recorded("no-conversation-json", request);

    if (request.behaviour === "empty") return recorded("up-nullcontent-json", request);
    return fillAnswer(recorded("ok-json", request), REPLY, speak(message, model), phpString);
  }

  function speak(message: string, model: string): string {
    return answerTo(message, model === BOTS.get(PAGE_BOT) ? undefined : model);
  }

  return {
    serverError: criticalError(),
    answer: (request) => (request.url.pathname === AJAX_PATH ? ajax(request) : page(request)),
  };
}

function isForeign({ headers, origin: own }: SiteRequest): boolean {
  const { origin } = headers;
  return origin !== undefined && origin !== own;
}

// PHP takes the text "0" for nothing
function isNothing(message: string): boolean {
  return message === "" || message === "0";
}
