import type { StreamPart } from "../contract/contract.ts";
import { textOf } from "../parts/json.ts";

/** A page as a server names it, not checked yet. */
export interface CitedPage {
  /** Its address. */
  readonly url?: unknown;
  /** Its title. */
  readonly title?: unknown;
}

/** Adds a page that an answer rests on to its parts. */
export type Cite = (page: CitedPage, parts: StreamPart[]) => void;

const WEB_ADDRESS = /^https?:\/\//i;

/** The pages that one answer cites: each appears once, and only a web address counts. */
export function createCitations(): Cite {
  const told = new Set<string>();
  return ({ url: address, title }, parts) => {
    const url = textOf(address);
    if (!WEB_ADDRESS.test(url) || told.has(url)) return;
    told.add(url);
    parts.push({ type: "source", url, title: textOf(title) || undefined });
  };
}
