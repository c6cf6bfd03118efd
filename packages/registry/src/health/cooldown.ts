import type { Entry, Open } from "./entry.ts";
import { settleLease } from "./entry.ts";
import type { HealthFailure } from "./health.ts";
import { COOLDOWN_JITTER, FAILURES_TO_OPEN, LEVEL_DECAY_MS } from "./policy.ts";

/** What the rules take their time and chance from. */
export interface HealthClock {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /** A place behind all places before: a time that counts once. */
  order(time: number): number;
}

/** The call that failed, as one entry sees it. */
export interface FailedCall {
  /** Its place among all that was admitted or opened. */
  readonly order: number;
  /** When it began, where it is the probe. */
  readonly probedAt?: number | undefined;
  /** Its own first content ended the cooldown. */
  readonly reopening?: boolean | undefined;
}

/** The longest that a server is believed whose failures are only counted. */
const LONGEST_STATED_MS = 24 * 60 * 60 * 1_000;

/** Softer first. */
const EFFECTS: readonly Open["effect"][] = ["suspect", "count", "cool", "park"];

/** A clock for one memory. */
export function createHealthClock({ now, random }: Pick<HealthClock, "now" | "random">): HealthClock {
  let last = Number.NEGATIVE_INFINITY;
  return {
    now,
    random,
    order(time) {
      last = Math.max(last + 0.001, time);
      return last;
    },
  };
}

/** Takes a failure: counts it, opens the cooldown, or makes it longer. */
export function noteFailure(
  entry: Entry,
  failure: HealthFailure,
  { order, probedAt, reopening = false }: FailedCall,
  clock: HealthClock,
): void {
  const time = clock.now();
  const probing = probedAt !== undefined;
  const { open } = entry;
  decay(entry, time);
  entry.healthySince = undefined;
  entry.repeats = entry.code === failure.code ? entry.repeats + 1 : 1;
  entry.code = failure.code;
  const stated = isStated(failure);
  // calls that were under way when the breaker opened, and those that were let through in a cooldown, are no news
  const news = open === undefined || open.effect === "suspect" || (probing && time >= open.until);
  if (!news) {
    if (stated || EFFECTS.indexOf(failure.effect) > EFFECTS.indexOf(open.effect))
      extend(entry, open, failure, time + lengthOf(failure, 0, clock));
    return;
  }
  entry.failures++;
  if (entry.failures === 1) entry.failingSince = order;
  const counted = failure.effect === "count" && !stated;
  if (counted && !probing && !reopening && entry.failures < FAILURES_TO_OPEN) return;
  const length = lengthOf(failure, entry.level, clock);
  if (length <= 0) return;
  entry.level++;
  const { code, effect, hard } = failure;
  // the time that a probe took is a part of the cooldown that follows it, unless the server stated one
  const until = stated ? time + length : Math.max(time, (probedAt ?? time) + length);
  entry.open = { order: clock.order(time), since: time, until, hardUntil: hard ? until : 0, code, effect };
}

/** Takes a first content: a call that began after the breaker opened, and got content, shows that it is well. */
export function closeEntry(entry: Entry, order: number, probe: string | undefined): void {
  const { open } = entry;
  if (open === undefined || (open.effect !== "suspect" && order < open.order)) return;
  entry.open = undefined;
  entry.failures = 0;
  entry.closedBy = probe;
  settleLease(entry);
}

/** Takes a whole answer. */
export function noteSuccess(entry: Entry, order: number, time: number): void {
  if (entry.open !== undefined) return;
  entry.closedBy = undefined;
  // an answer that began before the failures says nothing about them
  if (order >= entry.failingSince) {
    entry.failures = 0;
    entry.repeats = 0;
  }
  entry.healthySince ??= time;
  decay(entry, time);
}

function decay(entry: Entry, time: number): void {
  if (entry.healthySince !== undefined && time - entry.healthySince >= LEVEL_DECAY_MS) entry.level = 0;
}

function extend(entry: Entry, open: Open, { code, effect, hard }: HealthFailure, until: number): void {
  const hardUntil = hard ? Math.max(open.hardUntil, until) : open.hardUntil;
  const longer = until > open.until;
  entry.open = { ...open, hardUntil, ...(longer ? { until, code, effect } : {}) };
}

function lengthOf(failure: HealthFailure, level: number, { random }: HealthClock): number {
  const { retryAfterMs, effect, longestMs } = failure;
  if (isStated(failure))
    return Math.min(retryAfterMs ?? 0, effect === "cool" ? longestMs : LONGEST_STATED_MS);
  const jitter = 1 + COOLDOWN_JITTER * (2 * random() - 1);
  return Math.min(grown(failure, effect === "count" ? stepOf(level) : level) * jitter, longestMs);
}

/** A cooldown after so many steps. */
export function grown(
  { cooldownMs, factor, longestMs }: Pick<HealthFailure, "cooldownMs" | "factor" | "longestMs">,
  steps: number,
): number {
  return Math.min(cooldownMs * factor ** steps, longestMs);
}

/** What may pass in a moment may do so just after its first probe, so the second cooldown is no longer than the first. */
export function stepOf(level: number): number {
  return Math.max(0, level - 1);
}

/** Only what passes by waiting has a time that a server can state. */
function isStated({ effect, retryAfterMs }: HealthFailure): boolean {
  return effect !== "park" && retryAfterMs !== undefined;
}
