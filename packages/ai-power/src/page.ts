import { fieldsOf, parseJson } from "@fallthrough/core/provider";
import type { CheerioAPI } from "cheerio/slim";
import { isNonce } from "./aipkit.ts";

/** What a page of a site with AI Power says; without chat and nonce it has no generation. */
export interface ChatPage {
  readonly generation?: "classic" | "aipkit" | undefined;
  readonly nonce?: string | undefined;
  /** The path of the site's `admin-ajax.php`. */
  readonly ajaxPath?: string | undefined;
  /** The bots that the page shows, those in its text before those that pop up. */
  readonly bots: readonly PageBot[];
}

/** One chat on a page. */
export interface PageBot {
  readonly id: string;
  readonly postId?: string | undefined;
  readonly popup: boolean;
  /** `false` where the page says that this bot cannot stream. */
  readonly streams?: boolean | undefined;
}

interface FoundBot extends PageBot {
  readonly nonce: string;
  readonly ajaxPath?: string | undefined;
}

/** Reads the chats of a page, its nonce and the path of its `admin-ajax.php`. */
export async function parsePage(html: string): Promise<ChatPage> {
  const { load } = await import("cheerio/slim");
  const page = load(html);
  return parseAipkit(page) ?? parseClassic(page, html);
}

function parseAipkit(page: CheerioAPI): ChatPage | undefined {
  const found = page("[data-config]")
    .toArray()
    .flatMap((element) => {
      const popup = page(element).hasClass("aipkit_popup_wrapper");
      return aipkitBot(page(element).attr("data-config") ?? "", popup);
    });
  return found.length === 0 ? undefined : chatPage("aipkit", found);
}

function aipkitBot(config: string, popup: boolean): readonly FoundBot[] {
  let json: unknown;
  try {
    json = parseJson(config, "chat page");
  } catch {
    // other plugins have attributes of this name too
    return [];
  }
  const { botId, nonce, postId, ajaxUrl, streamEnabled } = fieldsOf(json);
  const id = digits(botId);
  if (id === undefined || !isNonce(nonce)) return [];
  const streams = streamEnabled !== false;
  return [{ id, postId: digits(postId), popup, streams, nonce, ajaxPath: pathOf(ajaxUrl) }];
}

function parseClassic(page: CheerioAPI, html: string): ChatPage {
  const script = scriptFacts(html);
  const found = page("[data-nonce][data-post-id]")
    .toArray()
    .flatMap((element): FoundBot[] => {
      const attribute = (name: string): string => page(element).attr(name)?.trim() ?? "";
      const nonce = attribute("data-nonce");
      if (!isNonce(nonce)) return [];
      const popup = attribute("data-type") === "widget" || page(element).hasClass("wpaicg-chatbox");
      // widgets of 1.9.16 to 2.2 write `<8`
      const postId = digits(attribute("data-post-id").replace(/^</, ""));
      return [
        { id: digits(attribute("data-bot-id")) ?? "0", postId, popup, nonce, ajaxPath: script.ajaxPath },
      ];
    });
  if (found.length > 0) return chatPage("classic", found);
  return {
    ...(script.nonce === undefined ? {} : { generation: "classic", nonce: script.nonce }),
    ajaxPath: script.ajaxPath,
    bots: [],
  };
}

/** Nonce, post and bot come from one element: a chat in the text goes before one that pops up. */
function chatPage(generation: "classic" | "aipkit", found: readonly FoundBot[]): ChatPage {
  const ordered = [...found.filter(({ popup }) => !popup), ...found.filter(({ popup }) => popup)];
  const bots = ordered.map(({ nonce: _, ajaxPath: __, ...bot }) => bot);
  return { generation, nonce: ordered[0]?.nonce, ajaxPath: ordered[0]?.ajaxPath, bots };
}

const SCRIPT_LENGTH = 4096;

/** The nonce and path that every page of a classic site has in a script. */
function scriptFacts(html: string): {
  readonly nonce?: string | undefined;
  readonly ajaxPath?: string | undefined;
} {
  const start = html.indexOf("wpaicgParams");
  if (start === -1) return {};
  const script = html.slice(start, start + SCRIPT_LENGTH);
  const nonce = /"search_nonce":"([^"\\]*)"/.exec(script)?.[1];
  const ajaxUrl = /"ajax_url":"([^"]*)"/.exec(script)?.[1]?.replaceAll("\\/", "/");
  return { nonce: isNonce(nonce) ? nonce : undefined, ajaxPath: pathOf(ajaxUrl) };
}

/** The path alone: whatever host the page names, nothing is sent to another origin. */
function pathOf(url: unknown): string | undefined {
  if (typeof url !== "string" || !URL.canParse(url, "http://localhost")) return undefined;
  const { pathname } = new URL(url, "http://localhost");
  return pathname.endsWith("/admin-ajax.php") ? pathname : undefined;
}

function digits(value: unknown): string | undefined {
  const text = String(value ?? "");
  return /^\d{1,12}$/.test(text) ? text : undefined;
}
