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

/** Waits for this, but no longer than so many milliseconds or until a signal aborts; never rejects. */
export async function waitFor(
  settled: Promise<void>,
  ms: number,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  const done = new AbortController();
  const end = (): void => done.abort();
  settled.then(end, end);
  await pause(ms, [...signals, done.signal]);
}
