import { type HttpClient, singleFlight } from "@fallthrough/core/provider";
import { parseNonce } from "./aipkit.ts";
import { ask, failureError } from "./ask.ts";
import { isFailure } from "./failure.ts";
import { type ChatPage, type PageBot, parsePage } from "./page.ts";
import { readJson } from "./read-json.ts";

/** What has to be known of a site before it can be asked anything. */
export interface ChatSite {
  readonly generation: "classic" | "aipkit";
  readonly nonce: string;
  /** Where `admin-ajax.php` is, on the origin of the client. */
  readonly ajaxURL: string;
  readonly bots: readonly PageBot[];
}

/** Keeps what a page told, for all calls of one instance. */
export interface Session {
  /** The site as the page shows it, fetched when it is missing or too old. */
  site(signal: AbortSignal | undefined): Promise<ChatSite>;
  /** The site past all caches, unless another call has renewed it since `stale` was read. */
  renew(stale: ChatSite, signal: AbortSignal | undefined): Promise<ChatSite>;
  forget(): void;
}

/** Opens a session on the page at `pagePath`; what it told is used for at most `maxAgeMs`. */
export function openSession(http: HttpClient, pagePath: string, maxAgeMs: number): Session {
  let kept: { readonly site: ChatSite; readonly readAt: number } | undefined;

  const load = singleFlight(async (signal) => keep(await readSite(http, pagePath, undefined, signal)));
  const reload = singleFlight(async (signal) =>
    keep(await readSite(http, pagePath, kept?.site.nonce, signal)),
  );

  function keep(site: ChatSite): ChatSite {
    kept = { site, readAt: Date.now() };
    return site;
  }

  return {
    async site(signal) {
      return kept !== undefined && Date.now() - kept.readAt < maxAgeMs ? kept.site : load(signal);
    },
    async renew(stale, signal) {
      return kept !== undefined && kept.site !== stale ? kept.site : reload(signal);
    },
    forget() {
      kept = undefined;
    },
  };
}

async function readSite(
  http: HttpClient,
  pagePath: string,
  refusedNonce: string | undefined,
  signal: AbortSignal,
): Promise<ChatSite> {
  const page = await readPage(http, pagePath, refusedNonce !== undefined, signal);
  const { generation, nonce, ajaxPath, bots } = page;
  const ajaxURL = ajaxPath === undefined ? `${http.baseURL}/wp-admin/admin-ajax.php` : http.origin + ajaxPath;
  if (generation === "classic" && nonce !== undefined) return { generation, nonce, ajaxURL, bots };
  if (nonce !== undefined && nonce !== refusedNonce) return { generation: "aipkit", nonce, ajaxURL, bots };
  // a page without a chat has no nonce, and a cache in front of the site may serve a dead one for hours
  const fresh = (await askNonce(http, ajaxURL, signal)) ?? nonce;
  if (fresh === undefined) {
    throw http.error("protocol", "chat page has neither `data-nonce` nor `data-config` with a nonce");
  }
  return { generation: "aipkit", nonce: fresh, ajaxURL, bots };
}

async function readPage(
  http: HttpClient,
  path: string,
  pastCaches: boolean,
  signal: AbortSignal,
): Promise<ChatPage> {
  const accept = { accept: "text/html" };
  const response = await http({
    path,
    signal,
    followRedirects: true,
    ...(pastCaches
      ? { headers: { ...accept, "cache-control": "no-cache" }, query: { _: Date.now().toString(36) } }
      : { headers: accept }),
  });
  return parsePage(await response.text());
}

async function askNonce(http: HttpClient, ajaxURL: string, signal: AbortSignal): Promise<string | undefined> {
  const body = new URLSearchParams({ action: "aipkit_get_frontend_chat_nonce" });
  const response = await ask(http, { method: "POST", path: ajaxURL, body, signal, keepCookies: false });
  if (!isFailure(response)) return parseNonce(await readJson(http, response));
  if (response.remedy === "page") return undefined;
  throw failureError(http, response);
}
