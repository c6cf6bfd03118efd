import { clockOf, type Headers, parseRetryTime } from "./retry-after.ts";

/** One limit of a server, as the headers of an answer state it. */
export interface RateLimit {
  /** Tells it from the server's other limits. */
  readonly name: string;
  /** What is counted; absent for what no caller can count. */
  readonly unit?: "requests" | "tokens" | undefined;
  /** The time in which so many are taken, where the name says it. */
  readonly window?: "minute" | "hour" | "day" | undefined;
  /** How many in all. */
  readonly limit?: number | undefined;
  /** How many are left. */
  readonly remaining?: number | undefined;
  /** Milliseconds until all of them are there again. */
  readonly resetMs?: number | undefined;
}

type Fact = "limit" | "remaining" | "resetMs";

/** What the name of a header says. */
interface Named extends Pick<RateLimit, "name" | "unit" | "window"> {
  readonly fact: Fact;
}

/** OpenAI's names, those of services that add the window, and those of older drafts of the standard. */
const PLAIN_NAME = /^(?:x-)?ratelimit-(limit|remaining|reset)((?:-[a-z]+)*)$/;
const ANTHROPIC_NAME = /^anthropic-ratelimit-((?:[a-z]+-)+)(limit|remaining|reset)$/;
/** A moment is at least so long: seconds since 1970, or a date. */
const SHORTEST_MOMENT = 10;
/** What names of headers say: each answer of a server has the same. */
const NAMES = new Map<string, Named | undefined>();
/** So many names are remembered: they come from outside. */
const MOST_NAMES = 256;

/**
 * The limits that these headers tell of, with names in lower case.
 *
 * Reads `x-ratelimit-*` of OpenAI and those who took it over, with `-minute`, `-hour` or `-day` behind or not,
 * `anthropic-ratelimit-*`, and the fields `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers.
 */
export function parseRateLimits(headers: Headers): readonly RateLimit[] {
  let limits: Writable<RateLimit>[] | undefined;
  for (const header in headers) {
    // most answers have none, and this is looked at for each
    if (!header.includes("ratelimit-")) continue;
    const named = nameIn(header);
    if (named === undefined) continue;
    const { name, unit, window, fact } = named;
    limits ??= [];
    let limit = limits.find((one) => one.name === name);
    if (limit === undefined) {
      limit = { name, unit, window };
      limits.push(limit);
    }
    const value = headers[header] ?? "";
    limit[fact] = fact === "resetMs" ? resetOf(value, headers) : countOf(value);
  }
  const listed = headers["ratelimit"];
  if (listed === undefined) return limits ?? NONE;
  return [...(limits ?? NONE), ...parseFields(listed, headers["ratelimit-policy"], headers)];
}

type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

const NONE: readonly RateLimit[] = [];

function nameIn(header: string): Named | undefined {
  const known = NAMES.get(header);
  if (known !== undefined || NAMES.has(header)) return known;
  const named = readName(header);
  if (NAMES.size < MOST_NAMES) NAMES.set(header, named);
  return named;
}

function readName(header: string): Named | undefined {
  const plain = PLAIN_NAME.exec(header);
  const anthropic = plain === null ? ANTHROPIC_NAME.exec(header) : null;
  const fact = plain?.[1] ?? anthropic?.[2];
  const name = plain?.[2]?.slice(1) ?? anthropic?.[1]?.slice(0, -1) ?? "";
  if (fact === undefined) return undefined;
  return {
    name,
    unit: unitOf(name),
    window: windowOf(name),
    fact: fact === "reset" ? "resetMs" : (fact as Fact),
  };
}

function resetOf(value: string | undefined, headers: Headers): number | undefined {
  return parseRetryTime(value, (value?.length ?? 0) < SHORTEST_MOMENT ? 0 : clockOf(headers));
}

/** How long until a limit that is used up has room again, in milliseconds; `undefined` where every limit has room. */
export function parseLimitReset(headers: Headers): number | undefined {
  const waits = parseRateLimits(headers).flatMap(({ remaining, resetMs }) =>
    remaining === 0 && resetMs !== undefined ? [resetMs] : [],
  );
  // all of them have to have room again
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** The fields of the draft: `"default";r=50;t=30` beside `"default";q=100;w=60`. */
function parseFields(listed: string, policy: string | undefined, headers: Headers): RateLimit[] {
  const policies = new Map((policy ?? "").split(",").map((item) => [nameOf(item), item]));
  return listed.split(",").map((item) => {
    const name = nameOf(item);
    const rule = policies.get(name) ?? "";
    const seconds = parameterOf(rule, "w");
    return {
      name: `field ${name}`,
      unit: /;\s*qu=/.test(rule) && !/;\s*qu="?requests/.test(rule) ? undefined : "requests",
      window:
        seconds === "60" ? "minute" : seconds === "3600" ? "hour" : seconds === "86400" ? "day" : undefined,
      limit: countOf(parameterOf(rule, "q")),
      remaining: countOf(parameterOf(item, "r")),
      resetMs: resetOf(parameterOf(item, "t"), headers),
    };
  });
}

function nameOf(item: string): string {
  return item.split(";", 1)[0]?.trim() ?? "";
}

function parameterOf(item: string, name: string): string | undefined {
  return new RegExp(`;\\s*${name}=(\\d+(?:\\.\\d+)?)`).exec(item)?.[1];
}

function unitOf(name: string): RateLimit["unit"] {
  if (name.includes("token")) return "tokens";
  return name === "" || name.includes("request") || windowOf(name) !== undefined ? "requests" : undefined;
}

function windowOf(name: string): RateLimit["window"] {
  return (["minute", "hour", "day"] as const).find((window) => name.endsWith(window));
}

function countOf(value: string | undefined): number | undefined {
  const count = value === undefined ? Number.NaN : Number.parseFloat(value);
  return Number.isNaN(count) ? undefined : Math.max(0, count);
}
