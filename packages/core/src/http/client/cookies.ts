import type { Cookie as SentCookie } from "set-cookie-parser";
import { MOST_COOKIES } from "../../contract/defaults.ts";
import { isFieldValue } from "./endpoint.ts";

/** The cookies of one provider instance, in memory and for its origin alone. */
export interface CookieJar {
  /** The value of a `cookie` header for this path; `undefined` without a cookie to send. */
  header(path: string): string | undefined;
  /** Keeps what `set-cookie` headers say, as sent; the parser of them is loaded with the first. */
  keep(setCookie: readonly string[]): Promise<void>;
  /** What no error may show. */
  values(): string[];
  /** Forgets every cookie. */
  clear(): void;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly until: number;
}

/** A value goes back as it came, and a cookie that makes no sense is nobody's business. */
const PARSING = { decodeValues: false, silent: true } as const;

/** A jar that starts with these cookies. */
export function createCookieJar(initial: Readonly<Record<string, string>> = {}): CookieJar {
  const cookies = new Map<string, Cookie>();
  for (const [name, value] of Object.entries(initial)) {
    cookies.set(name, { value, path: "/", until: Number.POSITIVE_INFINITY });
  }
  return {
    header(path) {
      const now = Date.now();
      const sent: string[] = [];
      for (const [name, cookie] of cookies) {
        if (cookie.until > now && covers(cookie.path, path)) sent.push(`${name}=${cookie.value}`);
      }
      return sent.length === 0 ? undefined : sent.join("; ");
    },
    async keep(setCookie) {
      const { parseString } = await import("set-cookie-parser");
      for (const line of setCookie) {
        const cookie = parseString(line, PARSING);
        if (cookie === null || cookie.name === "" || !isFieldValue(cookie.name + cookie.value)) continue;
        const until = expiry(cookie);
        cookies.delete(cookie.name);
        if (until <= Date.now()) continue;
        const path = cookie.path?.startsWith("/") ? cookie.path : "/";
        cookies.set(cookie.name, { value: cookie.value, path, until });
        const [oldest] = cookies.keys();
        if (cookies.size > MOST_COOKIES && oldest !== undefined) cookies.delete(oldest);
      }
    },
    values: () => [...cookies.values()].map(({ value }) => value),
    clear() {
      cookies.clear();
    },
  };
}

function expiry({ maxAge, expires }: SentCookie): number {
  return maxAge === undefined ? Number(expires ?? Number.POSITIVE_INFINITY) : Date.now() + maxAge * 1000;
}

function covers(cookiePath: string, path: string): boolean {
  if (!path.startsWith(cookiePath)) return false;
  return cookiePath.endsWith("/") || path.length === cookiePath.length || path[cookiePath.length] === "/";
}
