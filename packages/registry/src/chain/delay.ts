import { ignoreAbort, listenToAbort } from "@fallthrough/core/internal";

/** Waits, but no longer than until the signal aborts; never rejects. */
export function pause(ms: number, signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      for (const signal of signals) if (signal !== undefined) ignoreAbort(signal, end);
      resolve();
    }
    for (const signal of signals) {
      if (signal?.aborted) return end();
      if (signal !== undefined) listenToAbort(signal, end);
    }
  });
}
