import { useEffect, useState } from "preact/hooks";
import { ask, type CallEntry, type GatewayEvent, Refused, readEvents, type Status } from "./gateway.ts";

/** How the page and the gateway stand. */
type Link = "connecting" | "live" | "lost" | "unauthorized" | "forbidden";

/** What the page knows of the gateway. */
export interface Feed {
  readonly link: Link;
  /** What was told last; it may be old where the link is lost. */
  readonly status: Omit<Status, "calls"> | undefined;
  /** The last calls, the newest first. */
  readonly calls: readonly CallEntry[];
  /** When something was heard last, in milliseconds since 1970. */
  readonly heardAt: number;
  /** How far the clock of the gateway is ahead of this one, in milliseconds. */
  readonly aheadMs: number;
}

const KEPT = 50;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;
const NOTHING: Feed = { link: "connecting", status: undefined, calls: [], heardAt: 0, aheadMs: 0 };

/** Follows the events of the gateway, and comes back when they break off. */
export function useFeed(token: string): Feed {
  const [feed, setFeed] = useState(NOTHING);

  useEffect(() => {
    const page = new AbortController();
    let wake = (): void => {};
    let retryMs = FIRST_RETRY_MS;
    setFeed((before) => ({ ...before, link: before.link === "lost" ? "lost" : "connecting" }));

    function take(event: GatewayEvent): void {
      retryMs = FIRST_RETRY_MS;
      setFeed((before) => {
        const heardAt = Date.now();
        if (event.name === "call") {
          return { ...before, link: "live", heardAt, calls: withCall(before.calls, event.data) };
        }
        const { calls = before.calls, ...status } = event.data;
        return { link: "live", heardAt, status, calls, aheadMs: Date.parse(status.now) - heardAt };
      });
    }

    async function follow(): Promise<void> {
      while (!page.signal.aborted) {
        let isLetGo = false;
        try {
          const response = await ask("/events", token, { signal: page.signal });
          for await (const { name, data } of readEvents(response)) {
            take({ name, data: JSON.parse(data) } as GatewayEvent);
            isLetGo = true;
          }
        } catch (error) {
          if (page.signal.aborted) return;
          isLetGo = false;
          const link = linkAfter(error);
          setFeed((before) => ({ ...before, link }));
          // only another token helps
          if (link !== "lost") return;
        }
        // a gateway whose tokens change lets everybody go, and is not lost if it answers again
        if (!isLetGo) setFeed((before) => ({ ...before, link: "lost" }));
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, retryMs);
        });
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
      }
    }

    const retry = (): void => wake();
    addEventListener("online", retry);
    addEventListener("focus", retry);
    void follow();
    return () => {
      page.abort();
      removeEventListener("online", retry);
      removeEventListener("focus", retry);
    };
  }, [token]);

  return feed;
}

function linkAfter(error: unknown): Link {
  if (!(error instanceof Refused)) return "lost";
  if (error.status === 401) return "unauthorized";
  return error.status === 403 ? "forbidden" : "lost";
}

/** The newest comes first; one that is known stays at its place. */
function withCall(calls: readonly CallEntry[], call: CallEntry): readonly CallEntry[] {
  const isKnown = calls.some(({ id, at }) => id === call.id && at === call.at);
  if (isKnown) return calls.map((one) => (one.id === call.id && one.at === call.at ? call : one));
  return [call, ...calls].slice(0, KEPT);
}
