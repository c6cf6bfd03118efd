import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { ChatError } from "@fallthrough/core";
import { isLoopback } from "@fallthrough/core/internal";
import type { HttpRequest } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";

/** Who may use a gateway. */
export interface AccessOptions {
  /** What clients send as a bearer token. @default none is asked for */
  readonly token?: string | undefined;
  /** Host names that it answers to beside `localhost` and loopback addresses; "*" stands for every IP address. */
  readonly hosts?: readonly string[] | undefined;
}

/** Decides who may use a gateway; each throws a refusal. */
export interface Access {
  /** The names under which a request came, and the page that sent it. */
  checkOrigin(request: HttpRequest): void;
  /** Refuses a request without the token. */
  checkToken(request: HttpRequest): void;
}

/** Visible ASCII, because everything else is changed or refused on its way through a header. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Rules of access; @throws `config` for a token that no client could send */
export function createAccess({ token, hosts = [] }: AccessOptions): Access {
  if (token !== undefined && !TOKEN.test(token)) {
    throw new ChatError("config", "the token is unusable, expected visible ASCII characters without spaces");
  }
  const names = new Set(hosts.map(hostName));
  const expected = token === undefined ? undefined : digest(token);
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
      if (origin === null) return;
      if (!URL.canParse(origin) || new URL(origin).host !== host.toLowerCase()) {
        throw new Refusal(403, "the `Origin` is foreign, expected none or the gateway's own", FOREIGN);
      }
    },

    checkToken(request) {
      if (expected === undefined) return;
      const given = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
      if (timingSafeEqual(digest(given ?? ""), expected)) return;
      throw new Refusal(401, "the bearer token is missing or wrong", { code: "invalid_api_key" });
    },
  };
}

const FOREIGN = { code: "foreign_request" } as const;

/** The name or address alone, in lower case. */
function hostName(host: string): string {
  if (isIP(host) !== 0) return host;
  const name = /^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:\d*$/, "");
  return name.toLowerCase().replace(/\.$/, "");
}

// equal lengths, so that the comparison tells nothing about the token
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
