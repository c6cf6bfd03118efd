import type { ChainTimeouts } from "./contract.ts";

/** Milliseconds; `ChainTimeouts` says what each counts. */
export const DEFAULT_TIMEOUTS: { readonly [Name in keyof ChainTimeouts]-?: number } = {
  connectMs: 10_000,
  firstChunkMs: 30_000,
  chunkMs: 60_000,
  totalMs: 600_000,
  commitMs: 90_000,
};

/**
 * The timers of servers on this machine and in private networks that differ.
 *
 * A local model is loaded first, which takes minutes, and its server stops loading when the client leaves. It also
 * composes tool calls in silence.
 */
export const NEARBY_TIMEOUTS: { readonly firstChunkMs: number; readonly chunkMs: number } = {
  firstChunkMs: 300_000,
  chunkMs: 300_000,
};

/** How much one answer may hold. */
export interface Limits {
  /** Decoded bytes of a JSON body. */
  readonly jsonBytes?: number | undefined;
  /** Decoded bytes of a stream; a cumulative stream counts new text. */
  readonly streamBytes?: number | undefined;
  /** Decoded bytes of one line and of one event. */
  readonly eventBytes?: number | undefined;
  /** Bytes of a response head. */
  readonly headerBytes?: number | undefined;
  /** Decoded bytes of a scraped page. */
  readonly pageBytes?: number | undefined;
  /** Decoded bytes that are kept of an error body. */
  readonly errorBytes?: number | undefined;
  /** Levels of nesting in a JSON value. */
  readonly jsonDepth?: number | undefined;
}

const MiB = 1024 * 1024;

/** The limits of an instance that sets none. */
export const DEFAULT_LIMITS: { readonly [Name in keyof Limits]-?: number } = {
  jsonBytes: 8 * MiB,
  streamBytes: 32 * MiB,
  eventBytes: MiB,
  headerBytes: 16 * 1024,
  pageBytes: 2 * MiB,
  errorBytes: 64 * 1024,
  jsonDepth: 64,
};

/** What is held back before the first content. */
export const HELD_PARTS: number = 64;
/** Characters of what is held back before the first content. */
export const HELD_CHARACTERS: number = 256 * 1024;
/** How long an error body may take: the status is already known by then. */
export const ERROR_BODY_MS: number = 500;
/** How long the end of a body may follow the end marker of its protocol before the socket is closed. */
export const TRAILER_MS: number = 20;
/** How long a provider may tidy up after its `finish`. */
export const TIDY_MS: number = 250;
/** The longest delay that a timer of the platform takes; it fires at once when set for later. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;
/** The longest name of a model, a tool, a call of a tool or an alias, in characters. */
export const LONGEST_NAME: number = 256;
/** How many cookies an instance keeps: a browser stops at some number too. */
export const MOST_COOKIES: number = 64;
/** How many values an instance keeps out of its errors beside those of its settings: sessions come and go. */
export const MOST_SECRETS: number = 64;
/** The longest wait that a server may ask for. */
export const LONGEST_RETRY_AFTER_MS: number = 24 * 60 * 60 * 1000;
/** Redirects that a page fetch follows on its own origin. */
export const PAGE_REDIRECTS: number = 3;
/** What a browser calls itself: some sites answer nobody else. */
export const BROWSER_USER_AGENT: string =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";

/** The start of an answer that is held back to measure its rate: so many characters, and at most so long. */
export const RATE_START: { readonly characters: number; readonly ms: number } = {
  characters: 1_024,
  ms: 2_000,
};
