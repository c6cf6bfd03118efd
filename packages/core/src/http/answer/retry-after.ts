import { LONGEST_RETRY_AFTER_MS } from "../../contract/defaults.ts";

/** How long the server asks to wait, in milliseconds, at most 24 hours; `undefined` when it says nothing usable. */
export function parseRetryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const wait = parseWait(headers["retry-after-ms"], 1) ?? parseWait(headers["retry-after"], 1000);
  return wait === undefined ? undefined : Math.min(wait, LONGEST_RETRY_AFTER_MS);
}

function parseWait(value: string | undefined, unit: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(value.trim())) return Number(value) * unit;
  // a number with a sign would pass for a date
  if (!/[a-z]{3}/i.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
