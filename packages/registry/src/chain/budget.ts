import { type ChainTimeouts, ChatError } from "@fallthrough/core";
import { capTimeout, settleStack } from "@fallthrough/core/internal";
import { RESERVE } from "../health/policy.ts";

/** The time that all attempts of one call share; in milliseconds, `0` is no limit. */
export interface Budget {
  /** When the call began, in milliseconds of `performance.now()`. */
  readonly started: number;
  /** Milliseconds until some candidate has content; 0 for no limit. */
  readonly commitMs: number;
  /** Milliseconds of the whole call; 0 for no limit. */
  readonly totalMs: number;
  /** Whether `commitMs` is only the default, which cuts no candidate that takes longer by nature. */
  readonly lenient: boolean;
  /** Milliseconds that such candidates took, which those behind them get back. */
  lentMs: number;
}

/** Starts the clock of a call. */
export function startBudget(limits: {
  readonly commitMs: number;
  readonly totalMs: number;
  readonly lenient?: boolean | undefined;
}): Budget {
  const { commitMs, totalMs, lenient = false } = limits;
  return { started: performance.now(), commitMs, totalMs, lenient, lentMs: 0 };
}

/** Whether nobody may be asked any more. */
export function isExpired({ started, commitMs, totalMs, lentMs }: Budget, now: number): boolean {
  const elapsed = now - started;
  return (commitMs > 0 && elapsed - lentMs >= commitMs) || (totalMs > 0 && elapsed >= totalMs);
}

/** Milliseconds until nobody may be asked any more. */
export function remainingMs({ started, commitMs, totalMs, lentMs }: Budget, now: number): number {
  const limits = [commitMs === 0 ? 0 : commitMs + lentMs, totalMs];
  const ends = limits.map((limit) => (limit === 0 ? Number.POSITIVE_INFINITY : started + limit));
  return Math.max(0, Math.min(...ends) - now);
}

/**
 * Upper bounds for an attempt that begins now; one with others behind it may not be silent until the end, and not for
 * longer than its own patience.
 *
 * A candidate that is slow by nature has a limit of its own, which the default of a chain does not cut, and no patience:
 * a model that answered at once may have been unloaded since.
 */
export function capsOf(
  { started, commitMs, totalMs, lenient, lentMs }: Budget,
  others: boolean,
  now: number,
  { slow = false, patienceMs }: { readonly slow?: boolean; readonly patienceMs?: number | undefined } = {},
): ChainTimeouts {
  if (slow && lenient) return { totalMs: left(totalMs, started, now) };
  const remaining = left(commitMs, started + lentMs, now);
  const silent = remaining === undefined ? 0 : silentMs(remaining, commitMs);
  return {
    commitMs: remaining,
    totalMs: left(totalMs, started, now),
    firstChunkMs: others ? capTimeout(silent, patienceMs) || undefined : undefined,
  };
}

/** The failure of a call whose time is up. */
export function deadlineError({ commitMs, totalMs }: Budget): ChatError {
  const error = new ChatError("deadline", `no provider answered within ${commitMs || totalMs} ms`);
  settleStack(error);
  return error;
}

function left(limit: number, started: number, now: number): number | undefined {
  return limit === 0 ? undefined : Math.max(1, Math.ceil(started + limit - now));
}

/** Once the reserve itself is touched, each attempt leaves half of what remains to those behind it. */
function silentMs(remaining: number, commitMs: number): number {
  const reserveMs = Math.min(RESERVE.longestMs, commitMs * RESERVE.share);
  return Math.max(1, Math.ceil(remaining > reserveMs ? remaining - reserveMs : remaining / 2));
}
