import { LONGEST_RETRY_AFTER_MS } from "../../contract/defaults.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/i;
const LETTERS = /[a-z]+/gi;
const NUMBER = /^\d+(?:\.\d+)?(?:e\d+)?$/i;
/** Larger numbers are moments since 1970, in seconds and in milliseconds. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e12;
/** A longer text is no time. */
const LONGEST_TIME = 64;

/**
 * How long to wait until a time that a server names, in milliseconds, at most 24 hours; `undefined` for no time.
 *
 * Reads `6m0s`, `1.57s` and `100ms`, seconds as a plain number, seconds or milliseconds since 1970, RFC 3339 and HTTP
 * dates. `now` is the moment of the server's own clock in milliseconds. Never throws.
 */
export function parseRetryTime(value: unknown, now: number = Date.now()): number | undefined {
  const wait = typeof value === "number" ? waitOf(value, now) : parseText(value, now);
  if (wait === undefined || Number.isNaN(wait)) return undefined;
  return Math.round(Math.min(Math.max(0, wait), LONGEST_RETRY_AFTER_MS));
}

function parseText(value: unknown, now: number): number | undefined {
  if (typeof value !== "string" || value.length > LONGEST_TIME) return undefined;
  const text = value.trim();
  if (NUMBER.test(text)) return waitOf(Number(text), now);
  if (DURATION.test(text)) {
    let wait = 0;
    let start = 0;
    LETTERS.lastIndex = 0;
    for (let unit = LETTERS.exec(text); unit !== null; unit = LETTERS.exec(text)) {
      wait += Number(text.slice(start, unit.index)) * (UNITS[unit[0].toLowerCase()] ?? 0);
      start = LETTERS.lastIndex;
    }
    return wait;
  }
  // a number with a sign would pass for a date
  if (!/^\d{4}-\d\d-\d\d[t ]|[a-z]{3}/i.test(text)) return undefined;
  return Date.parse(text) - now;
}

function waitOf(number: number, now: number): number | undefined {
  if (number < 0) return undefined;
  if (number > EPOCH_MS) return number - now;
  return number > EPOCH_SECONDS ? number * 1000 - now : number * 1000;
}

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** How long the server asks to wait, in milliseconds, at most 24 hours; `undefined` when it says nothing usable. */
export function parseRetryAfter(headers: Headers): number | undefined {
  const now = clockOf(headers);
  const milliseconds = headers["retry-after-ms"];
  return (
    (milliseconds === undefined ? undefined : parseRetryTime(`${milliseconds.trim()}ms`, now)) ??
    parseRetryTime(headers["retry-after"], now)
  );
}

/** The server's own clock: a machine whose clock is wrong would wait too long, or not at all. */
export function clockOf({ date }: Headers): number {
  const told = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(told) ? Date.now() : told;
}
