import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";

/** Waits for so many milliseconds; `0` is a turn of the event loop. */
export async function pause(ms: number): Promise<void> {
  if (ms === 0) await nextTurn();
  else await delay(ms);
}

/** What this resolves with; @throws where it does not settle in time, with what did not */
export async function within<Value>(promise: Promise<Value>, ms: number, what: string): Promise<Value> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: done.signal }).then(
    () => Promise.reject(new Error(`${what} took longer than ${ms} ms`)),
    // the promise was faster
    () => promise,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}

/**
 * Does something with all of these at once, but with the late ones only when all others are done.
 *
 * A timer that ends silence would also end a busy machine.
 */
export async function afterwards<Value, Result>(
  values: readonly Value[],
  isLate: (value: Value, index: number) => boolean,
  work: (value: Value, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const all = (late: boolean): Promise<readonly Result[]> =>
    Promise.all(
      values.flatMap((value, index) => (isLate(value, index) === late ? [work(value, index)] : [])),
    );
  return [...(await all(false)), ...(await all(true))];
}
