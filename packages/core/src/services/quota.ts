import { parseRetryTime } from "../http/answer/retry-after.ts";
import { fieldsOf } from "../parts/json.ts";
import type { ErrorFields } from "./error-fields.ts";

/** No reset is near: the limit does not exist. */
const NEVER = "24h";
/** OpenAI's words, which are all that it sends inside a stream. */
const TRY_AGAIN = /\btry again in ((?:\d+(?:\.\d+)?(?:ms|s|m|h))+)/i;
const NO_QUOTA = /\bquota exceeded\b.*\blimit: 0\b(?!\.\d)/is;

/** How long the body of a refusal asks to wait, in milliseconds; `undefined` where it does not say. */
export function retryAfterMsOf(fields: ErrorFields, now: number = Date.now()): number | undefined {
  const { details, metadata, estimated_time, message } = fields;
  const waits = [
    // Google leaves a quota of 0 out of the details
    typeof message === "string" && NO_QUOTA.test(message) ? parseRetryTime(NEVER, now) : undefined,
    ...(Array.isArray(details) ? details.map((detail) => waitOf(fieldsOf(detail), now)) : []),
    headerWait(fieldsOf(fieldsOf(metadata)["headers"]), now),
    typeof message === "string" ? parseRetryTime(TRY_AGAIN.exec(message)?.[1], now) : undefined,
    typeof estimated_time === "number" ? parseRetryTime(estimated_time, now) : undefined,
  ].filter((wait) => wait !== undefined);
  // Google reports the minute and the day, and both must have room
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** One of Google's details. */
function waitOf({ retryDelay, violations }: ErrorFields, now: number): number | undefined {
  const told = parseRetryTime(retryDelay, now);
  if (!Array.isArray(violations)) return told;
  const waits = violations.map((violation) => {
    const { quotaId, quotaValue } = fieldsOf(violation);
    if (quotaValue === "0" || quotaValue === 0) return parseRetryTime(NEVER, now);
    return typeof quotaId === "string" && quotaId.includes("PerDay") ? untilTheDayTurns(now) : undefined;
  });
  const known = [told, ...waits].filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** OpenRouter repeats the headers of the server behind it. */
function headerWait(headers: ErrorFields, now: number): number | undefined {
  const named = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return parseRetryTime(named["retry-after"], now) ?? parseRetryTime(named["x-ratelimit-reset"], now);
}

/** Google's day turns at midnight in California. */
function untilTheDayTurns(now: number): number | undefined {
  const clock = new Intl.DateTimeFormat("en-GB", {
    timeZone: "America/Los_Angeles",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const [hours = 0, minutes = 0, seconds = 0] = clock.format(now).split(":").map(Number);
  return parseRetryTime(24 * 3600 - (hours * 3600 + minutes * 60 + seconds), now);
}
