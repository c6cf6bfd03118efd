import { END } from "@fallthrough/core/internal";
import { startTimer } from "../timers.ts";
import type { CallEntry } from "./call-list.ts";
import type { Monitor } from "./monitor.ts";
import type { Status } from "./status.ts";

/** How soon a change is sent, and how often one is looked for that no call made: a cooldown that ends. */
const GATHER_MS = 100;
const LOOK_MS = 2_000;
/** By its silence a page finds out that the connection is lost. */
const LONGEST_SILENCE_MS = 15_000;

/** What a feed is made of. */
export interface FeedSource {
  /** Sees the calls. */
  readonly monitor: Monitor;
  /** Reads how the gateway is. */
  read(): Promise<Status>;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** How long a client waits without a byte before it gets a comment, in milliseconds. */
  readonly keepaliveMs: number;
  /** Called once the feed is over. */
  ended(): void;
}

/**
 * Server-sent events: `status` at the start and whenever something of it changes, and `call` for each call that begins,
 * goes on or ends.
 *
 * A client that is slow gets the latest of what it missed, so that nothing piles up.
 */
export function createEventFeed({
  monitor,
  read,
  signal,
  keepaliveMs,
  ended: tellEnd,
}: FeedSource): AsyncIterableIterator<string, undefined> {
  /** The calls to send, each as it is when it is sent. */
  const changed = new Set<CallEntry>();
  let isStale = true;
  let isReading = false;
  let told = "";
  let ready = "";
  let ended = false;
  let reader: ((piece: IteratorResult<string, undefined>) => void) | undefined;

  const stop = monitor.listen({
    changed(entry) {
      changed.add(entry);
      isStale = true;
      gather.refresh();
    },
    dismissed: end,
  });
  const gather = setTimeout(() => void fill(), GATHER_MS);
  const look = setInterval(() => {
    isStale = true;
    void fill();
  }, LOOK_MS);
  const keepalive = startTimer(Math.min(keepaliveMs || LONGEST_SILENCE_MS, LONGEST_SILENCE_MS), () => {
    ready ||= ": here\n\n";
    give();
    keepalive?.refresh();
  });
  for (const timer of [gather, look]) timer.unref();
  keepalive?.unref();
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  else void fill();

  /** Nothing is read for a client that has not taken what was there before. */
  async function fill(): Promise<void> {
    if (ended || isReading || reader === undefined) return;
    isReading = true;
    const entries = [...changed];
    changed.clear();
    ready += entries.map((entry) => formatEvent("call", entry)).join("");
    try {
      if (isStale) ready += await readChange();
    } catch {
      // a client that follows comes back, and reads what is wrong
      end();
    }
    isReading = false;
    give();
    if (changed.size > 0) gather.refresh();
  }

  /** The status, if it differs from the last one that was sent. */
  async function readChange(): Promise<string> {
    isStale = false;
    const status = await read();
    const { now: _, calls: __, ...compared } = status;
    const state = JSON.stringify(compared);
    if (state === told) return "";
    const isFirst = told === "";
    told = state;
    return formatEvent("status", isFirst ? status : { ...status, calls: undefined });
  }

  function give(): void {
    if (reader === undefined || (ready === "" && !ended)) return;
    const [waiting, value] = [reader, ready];
    reader = undefined;
    ready = "";
    keepalive?.refresh();
    waiting(value === "" ? END : { done: false, value });
  }

  function end(): void {
    if (ended) return;
    ended = true;
    stop();
    clearTimeout(gather);
    clearInterval(look);
    clearTimeout(keepalive);
    signal.removeEventListener("abort", end);
    tellEnd();
    give();
  }

  const feed: AsyncIterableIterator<string, undefined> = {
    [Symbol.asyncIterator]: () => feed,
    next: () =>
      new Promise((resolve) => {
        reader = resolve;
        if (ended || ready !== "") give();
        else if (told === "") void fill();
        else if (isStale || changed.size > 0) gather.refresh();
      }),
    async return() {
      end();
      return END;
    },
  };
  return feed;
}

function formatEvent(name: string, value: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
