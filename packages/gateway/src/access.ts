import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { ChatError } from "@fallthrough/core";
import { isLoopback } from "@fallthrough/core/internal";
import { quote } from "@fallthrough/core/provider";
import type { HttpRequest } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";

/** Who may use a gateway. */
export interface AccessOptions {
  /** What clients send as a bearer token, or in `x-api-key`. @default none is asked for */
  readonly token?: string | undefined;
  /** More tokens, by the name that the log uses for each. */
  readonly tokens?: Readonly<Record<string, string | TokenGrant>> | undefined;
  /** Host names that it answers to beside `localhost` and loopback addresses; "*" means every IP address. */
  readonly hosts?: readonly string[] | undefined;
  /** Origins of pages and desktop programs that may use it, `app://obsidian.md` for example; "*" only without a token. @default none */
  readonly allowOrigins?: readonly string[] | undefined;
}

/** A token with limits of its own. */
export interface TokenGrant {
  /** What the client sends. */
  readonly token: string;
  /** The names that it may ask for. @default every one */
  readonly models?: readonly string[] | undefined;
  /** Calls that it may make within a minute. @default as many as it likes */
  readonly callsPerMinute?: number | undefined;
}

/** Whoever sent a request. */
export interface Caller {
  /** The name of its token; absent where it has none of its own. */
  readonly name?: string | undefined;
  /** The names that it may ask for; every one where absent. */
  readonly models?: readonly string[] | undefined;
  /** Counts a call; throws a refusal where the minute is full */
  count(): void;
}

/** Decides who may use a gateway; each throws a refusal. */
export interface Access {
  /** The names under which a request came, and the page that sent it; gives the headers for that page. */
  checkOrigin(request: HttpRequest): Readonly<Record<string, string>>;
  /** Who sends the request. */
  checkToken(request: Pick<HttpRequest, "headers">): Caller;
}

/** Visible ASCII, because everything else is changed or refused on its way through a header. */
const TOKEN = /^[\x21-\x7e]+$/;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+$/i;
const ANY_ORIGIN = "*";
const MINUTE_MS = 60_000;
const FOREIGN = { code: "foreign_request" } as const;
const ANYBODY: Caller = { count() {} };

/** Rules of access; @throws `config` for a token that no client could send, and for an invalid origin */
export function createAccess({ token, tokens = {}, hosts = [], allowOrigins = [] }: AccessOptions): Access {
  const names = new Set(hosts.map(hostName));
  const known: (readonly [digest: Buffer, caller: Caller])[] = Object.entries(tokens).map(([name, given]) => {
    const grant = typeof given === "string" ? { token: given } : given;
    checkText(grant.token, `token ${quote(name)}`);
    return [digest(grant.token), createCaller(name, grant)];
  });
  if (token !== undefined) {
    checkText(token, "the token");
    known.push([digest(token), ANYBODY]);
  }
  checkOrigins(allowOrigins, known.length > 0);
  const origins = new Set(allowOrigins.map((origin) => origin.toLowerCase()));
  /** The last one that was found to be the gateway's, because clients send the same each time. */
  let accepted: string | undefined;

  function isKnown(name: string): boolean {
    return isLoopback(name) || names.has(name) || (names.has("*") && isIP(name) !== 0);
  }

  function checkHost(host: string): void {
    if (!URL.canParse(`http://${host}`) || host.includes(",")) {
      throw new Refusal(400, "the `Host` header is malformed, expected one host");
    }
    // a page of another site could otherwise reach it by a name that its owner points here
    if (!isKnown(hostName(host))) throw new Refusal(421, "the `Host` is not one of this gateway's", FOREIGN);
  }

  return {
    checkOrigin(request) {
      const host = request.headers.get("host") ?? new URL(request.url).host;
      if (host !== accepted) checkHost(host);
      accepted = host;
      const origin = request.headers.get("origin");
      if (origin === null) return {};
      if (origins.has(origin.toLowerCase()) || origins.has(ANY_ORIGIN)) return headersFor(origin, request);
      if (!URL.canParse(origin) || new URL(origin).host !== host.toLowerCase()) {
        throw new Refusal(
          403,
          "the `Origin` is foreign, expected none or one that the gateway allows",
          FOREIGN,
        );
      }
      return {};
    },

    checkToken(request) {
      if (known.length === 0) return ANYBODY;
      const given = digest(tokenOf(request));
      let found: Caller | undefined;
      // each is compared, so that the time reveals nothing about them
      for (const [expected, caller] of known) if (timingSafeEqual(given, expected)) found ??= caller;
      if (found === undefined) {
        const problem = "the token is missing or wrong, expected it in `authorization` or `x-api-key`";
        throw new Refusal(401, problem, { code: "invalid_api_key" });
      }
      return found;
    },
  };
}

/** Whether a caller may ask for a name. */
export function mayAsk({ models }: Caller, name: string): boolean {
  return models === undefined || models.includes(name);
}

/** Throws a refusal for a name that the caller may not ask for */
export function checkModel({ name, models }: Caller, asked: string = "auto"): void {
  if (models === undefined || models.includes(asked)) return;
  const allowed = models.join(", ");
  throw new Refusal(
    404,
    `the token ${quote(name ?? "")} may not ask for ${quote(asked)}, expected one of ${allowed}`,
    {
      code: "model_not_found",
      param: "model",
    },
  );
}

/** Throws a refusal for a token that may ask for some names only: what all share is not for it */
export function checkWhole({ models }: Caller): void {
  if (models === undefined) return;
  throw new Refusal(
    403,
    "this token may not see or change what all share, expected one that may ask for every model",
    {
      code: "forbidden",
    },
  );
}

function createCaller(name: string, { models, callsPerMinute }: TokenGrant): Caller {
  const calls: number[] = [];
  return {
    name,
    models,
    count() {
      if (callsPerMinute === undefined) return;
      const now = performance.now();
      while (calls[0] !== undefined && calls[0] <= now - MINUTE_MS) calls.shift();
      const [first = now] = calls;
      if (calls.length >= callsPerMinute) {
        throw new Refusal(
          429,
          `the token ${quote(name)} has made its ${callsPerMinute} calls of this minute`,
          {
            code: "rate_limit_exceeded",
            retryAfterMs: first + MINUTE_MS - now,
          },
        );
      }
      calls.push(now);
    },
  };
}

/** What a client sends as its token: clients of Anthropic have a header of their own for it. */
function tokenOf({ headers }: Pick<HttpRequest, "headers">): string {
  const [, bearer] = /^bearer +(\S+)$/i.exec(headers.get("authorization") ?? "") ?? [];
  return bearer ?? headers.get("x-api-key") ?? "";
}

function headersFor(origin: string, { method, headers }: HttpRequest): Record<string, string> {
  const shared = {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "*",
    vary: "Origin",
  };
  if (method !== "OPTIONS") return shared;
  return {
    ...shared,
    "access-control-allow-methods": "GET, HEAD, POST, DELETE, OPTIONS",
    "access-control-allow-headers":
      headers.get("access-control-request-headers") ?? "authorization, content-type",
    "access-control-max-age": "600",
    ...(headers.get("access-control-request-private-network") === "true"
      ? { "access-control-allow-private-network": "true" }
      : {}),
  };
}

function checkText(token: string, what: string): void {
  if (TOKEN.test(token)) return;
  throw new ChatError("config", `${what} is unusable, expected visible ASCII characters without spaces`);
}

function checkOrigins(origins: readonly string[], hasToken: boolean): void {
  for (const origin of origins) {
    if (origin === ANY_ORIGIN) {
      if (!hasToken) continue;
      const problem = "every page could use what a browser has stored of the token";
      throw new ChatError("config", `origin "*" is not for a gateway with a token, because ${problem}`);
    }
    if (ORIGIN.test(origin)) continue;
    const example = "https://chat.example or app://obsidian.md";
    throw new ChatError("config", `origin ${quote(origin)} is not usable, expected one such as ${example}`);
  }
}

/** The name or address alone, in lower case. */
function hostName(host: string): string {
  if (isIP(host) !== 0) return host;
  const name = /^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, "");
  return name.toLowerCase().replace(/\.$/, "");
}

// equal lengths, so that the comparison reveals nothing about the token
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
