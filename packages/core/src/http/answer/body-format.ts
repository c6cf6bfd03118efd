import type { BodyFormat } from "../types.ts";
import { looksLikePage } from "./block-page.ts";

/** The longest start that distinguishes one format from another: `<!doctype`. */
const TELLING_LENGTH = 9;

/** It and the bytes before it are blank. */
const SPACE = 0x20;

/** Whether these bytes open a JSON object or list: of the bodies that have to be looked at most do. */
export function opensJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > SPACE);
  return first === 0x7b || first === 0x5b;
}

/** What a body that starts so is; `undefined` while too little of it has come to tell. */
export function bodyFormat(contentType: string, text: string, whole: boolean): BodyFormat | undefined {
  const start = text.trimStart();
  if (start === "") return whole ? "empty" : undefined;
  if (start.startsWith("{") || start.startsWith("[")) return "json";
  // also where another type is announced: no JSON begins so
  if (/^(?:data|event|id|retry)?:/.test(start)) return "events";
  const short = start.length < TELLING_LENGTH && !whole;
  if (contentType === "application/json") {
    if (start.startsWith("<") && short) return undefined;
    return looksLikePage(start) ? "html" : "json";
  }
  if (start.startsWith("<")) return "html";
  if (short) return undefined;
  return contentType === "text/html" ? "html" : "text";
}

/**
 * Whether a body that starts so is a page for people where something else was expected; `undefined` while too little of
 * it has come to tell.
 *
 * Markup alone makes no page: an answer in plain text may start with it.
 */
export function isUnexpectedPage(contentType: string, text: string, whole: boolean): boolean | undefined {
  const format = bodyFormat(contentType, text, whole);
  const start = text.trimStart();
  if (format === undefined)
    return start === "" || start.startsWith("<") || contentType === "text/html" ? undefined : false;
  if (format !== "html") return false;
  if (contentType === "text/html" || looksLikePage(start)) return true;
  return start.length < TELLING_LENGTH && !whole ? undefined : false;
}
