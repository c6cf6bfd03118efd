import { LONGEST_TIMER_MS } from "@fallthrough/core/internal";

/** Starts a timer; `0` and `Infinity` start none. */
export function startTimer(ms: number, fire: () => void): NodeJS.Timeout | undefined {
  const delay = timerMs(ms);
  return delay === 0 ? undefined : setTimeout(fire, delay);
}

/** Milliseconds as the platform takes them, `0` for no timer: one that is too long would fire at once. */
export function timerMs(ms: number): number {
  return ms === Number.POSITIVE_INFINITY ? 0 : Math.min(ms, LONGEST_TIMER_MS);
}
