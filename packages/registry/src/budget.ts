import { ChatError, type Timeouts } from "@fallthrough/core";
import { RESERVE } from "./policy.ts";

/** The time that all attempts of one call share. */
export interface Budget {
  /** Nobody may be asked any more. */
  expired(): boolean;
  /** Upper bounds for the next attempt; one with others behind it may not be silent until the end. */
  caps(others: boolean): Timeouts;
  /** The failure of a call whose time is up. */
  error(): ChatError;
}

/** Starts the clock of a call; `0` is no limit. */
export function createBudget({ commitMs, totalMs }: { commitMs: number; totalMs: number }): Budget {
  const started = performance.now();
  const reserveMs = Math.min(RESERVE.longestMs, commitMs * RESERVE.share);

  function left(limit: number): number | undefined {
    return limit === 0 ? undefined : Math.max(1, Math.ceil(started + limit - performance.now()));
  }

  return {
    expired() {
      const elapsed = performance.now() - started;
      return (commitMs > 0 && elapsed >= commitMs) || (totalMs > 0 && elapsed >= totalMs);
    },
    caps(others) {
      const remaining = left(commitMs);
      return {
        commitMs: remaining,
        totalMs: left(totalMs),
        firstChunkMs: others && remaining !== undefined ? silentMs(remaining, reserveMs) : undefined,
      };
    },
    error() {
      return new ChatError("deadline", `no provider answered within ${commitMs || totalMs} ms`);
    },
  };
}

/** Once the reserve itself is touched, each attempt leaves half of what remains to those behind it. */
function silentMs(remaining: number, reserveMs: number): number {
  return Math.max(1, Math.ceil(remaining > reserveMs ? remaining - reserveMs : remaining / 2));
}
