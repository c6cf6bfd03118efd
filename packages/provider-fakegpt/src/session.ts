import { randomInt } from "node:crypto";
import { ChatError, type ChatErrorCode } from "@fallthrough/core";
import { fieldsOf, type HttpClient, singleFlight } from "@fallthrough/core/provider";
import { parseCredential, parseLoads } from "./protocol.ts";

const MOST_TOKENS = 3;
/** Failures of a login that may lie with its token; any other would meet the next token too. */
const TOKEN_FAULTS: readonly ChatErrorCode[] = ["auth", "bad-request", "not-found", "server"];
/** What a header can carry. */
const ACCESS_TOKEN = /^[\x21-\x7e]{1,8192}$/;
const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const DIGITS = "0123456789";

/** The login of one provider instance. */
export interface Session {
  /** The access token; calls that find none, or one that has expired, share one login. */
  accessToken(signal: AbortSignal | undefined): Promise<string>;
  /** Forgets the login that gave this token. */
  drop(accessToken: string): void;
}

/** Creates the session of one provider instance; nothing is asked before the first call. */
export function createSession(http: HttpClient): Session {
  let current: { readonly accessToken: string; readonly expires: number } | undefined;

  const logIn = singleFlight(async (signal) => {
    const credential = await fetchCredential(signal);
    const session = await http({ path: "/api/auth/session", signal });
    const { accessToken, expires } = fieldsOf(await session.json());
    const token =
      typeof accessToken === "string" && ACCESS_TOKEN.test(accessToken) ? accessToken : credential;
    http.addSecret(token);
    current = { accessToken: token, expires: Date.parse(String(expires)) || Number.POSITIVE_INFINITY };
    return token;
  });

  async function fetchCredential(signal: AbortSignal): Promise<string> {
    const query = { t: String(Math.floor(Date.now() / 1000)) };
    const loads = await http({ path: "/api/loads", query, signal });
    let failure: unknown;
    for (const tokenId of parseLoads(await loads.json()).slice(0, MOST_TOKENS)) {
      const body = new URLSearchParams({ token_key: tokenId, session_password: createPassword() });
      try {
        const login = await http({
          method: "POST",
          path: "/auth/login",
          headers: { accept: "text/html" },
          body,
          signal,
          acceptRedirects: true,
        });
        await login.text();
        const credential = parseCredential(login.headers["set-cookie"]);
        // a login may be refused with status 200
        if (credential === undefined) throw http.error("auth", "POST /auth/login set no cookie `credential`");
        http.addSecret(credential);
        return credential;
      } catch (error) {
        if (!(error instanceof ChatError) || !TOKEN_FAULTS.includes(error.code)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  return {
    async accessToken(signal) {
      if (current !== undefined && Date.now() < current.expires) return current.accessToken;
      return logIn(signal);
    },
    drop(accessToken) {
      if (current?.accessToken === accessToken) current = undefined;
    },
  };
}

/** A password as the login wants it: 16 characters, some of them letters and some digits. */
export function createPassword(): string {
  const pick = (characters: string): string => characters.charAt(randomInt(characters.length));
  const rest = Array.from({ length: 14 }, () => pick(LETTERS + DIGITS));
  return [pick(LETTERS), pick(DIGITS), ...rest].join("");
}
