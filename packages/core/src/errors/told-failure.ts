import type { Attempt } from "../contract/contract.ts";
import { ChatError } from "./chat-error.ts";
import type { ChatErrorCode } from "./error-codes.ts";
import { fixOf } from "./error-fixes.ts";
import { type ExhaustedCall, isExhausted } from "./exhausted-call.ts";

/** A failure as a client sees it, in no dialect yet; it quotes the server only if the request was at fault. */
export interface ToldFailure {
  /** The HTTP status. */
  readonly status: number;
  /** What happened, for people. */
  readonly message: string;
  /** One of the codes of `ChatError`, or the server's own. */
  readonly code: string;
  /** The field of the request that is wrong. */
  readonly param?: string | undefined;
  /** Whether the providers were asked already, so that the client need not try again. */
  readonly spent: boolean;
  /** Milliseconds for the header `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** When asking again has a chance, as an ISO date. */
  readonly retryAt?: string | undefined;
  /** What to do; in its own words only where the request was at fault, since others may name what is the operator's. */
  readonly fix?: string | undefined;
  /** The page that explains it. */
  readonly help?: string | undefined;
  /** The id of the provider that failed last. */
  readonly provider?: string | undefined;
  /** How many candidates the route names. */
  readonly asked?: number | undefined;
  /** Who was asked, in order. */
  readonly attempts?: readonly Pick<Attempt, "provider" | "model" | "outcome" | "code">[] | undefined;
}

/** What a lone code means to a client; the trouble of an upstream is never a 500. */
const STATUSES: Readonly<Record<ChatErrorCode, number>> = {
  offline: 503,
  network: 502,
  tls: 502,
  timeout: 504,
  deadline: 504,
  "rate-limit": 429,
  auth: 502,
  payment: 502,
  blocked: 502,
  abuse: 502,
  "not-found": 404,
  unsupported: 400,
  "context-length": 413,
  "content-filter": 400,
  "bad-request": 400,
  server: 502,
  protocol: 502,
  empty: 502,
  interrupted: 502,
  limit: 502,
  contract: 502,
  config: 502,
};
/** The client can mend these, so it learns what the server said. */
const TOLD: readonly number[] = [400, 404, 413, 422];
/** The longest wait that `Retry-After` asks for; the body has the true time. */
const LONGEST_RETRY_S = 60;

/** What a client learns of the failure of a call. */
export function tellFailure(reason: unknown): ToldFailure {
  if (isExhausted(reason)) return tellExhausted(reason);
  // what it says is not for strangers
  if (!(reason instanceof ChatError)) {
    return { status: 500, message: "the call failed", code: "internal", spent: true };
  }

  const { code, provider, retryAfterMs, route } = reason;
  const status = STATUSES[code] ?? 502;
  const who = provider === undefined ? "the call" : `provider ${provider}`;
  const words = TOLD.includes(status) ? `, ${withoutPrefix(reason)}` : "";
  const message = `${who} failed: ${nameOf(code)}${words}`;
  const retryAt = retryAfterMs === undefined ? undefined : new Date(Date.now() + retryAfterMs).toISOString();
  const asked = route?.attempts.length;
  return {
    status,
    message,
    code,
    spent: true,
    provider,
    retryAfterMs,
    retryAt,
    asked,
    ...adviceOf(reason, status),
  };
}

/** What to do about an error, and where more is to be read. */
function adviceOf({ code, fix, help }: ChatError, status: number): Pick<ToldFailure, "fix" | "help"> {
  return { fix: TOLD.includes(status) ? fix : fixOf(code), help };
}

/** What a server said, without the name of its provider. */
function withoutPrefix({ message, provider }: ChatError): string {
  return message.replace(`[${provider}] `, "");
}

/** A code in words that clients look for. */
function nameOf(code: string): string {
  return code === "context-length" ? "context length exceeded" : code;
}

function tellExhausted({ route, code, retryAt, errors }: ExhaustedCall): ToldFailure {
  const attempts = route.attempts.map((attempt) => ({
    provider: attempt.provider,
    model: attempt.model,
    outcome: attempt.outcome,
    code: attempt.code,
  }));
  const told = attempts.map(({ provider, outcome, code }) =>
    code === undefined ? `${provider} ${outcome}` : `${provider} ${outcome} (${nameOf(code)})`,
  );
  const { status, timed } = rank(route.attempts, retryAt);
  const last = errors.at(-1);
  const words = TOLD.includes(status) ? errors.map((error) => `\n${error.message}`).join("") : "";
  const retryAfterMs = timed && retryAt !== undefined ? retryAt.getTime() - Date.now() : undefined;
  return {
    status,
    message: `no provider answered: ${told.join(", ")}${words}`,
    code: code ?? "exhausted",
    spent: true,
    retryAfterMs,
    retryAt: retryAt?.toISOString(),
    asked: attempts.length,
    attempts,
    ...(last && adviceOf(last, status)),
  };
}

/** The one status for many failures; `timed` if the answer may say when to come back. */
function rank(attempts: readonly Attempt[], retryAt: Date | undefined): { status: number; timed: boolean } {
  const lacking = attempts.filter(({ code, outcome }) => code === "unsupported" && outcome === "skipped");
  const tried = attempts.filter((attempt) => attempt.code !== undefined && !lacking.includes(attempt));
  if (tried.length === 0) return { status: lacking.length > 0 ? 400 : 503, timed: false };

  const statuses = new Set(tried.map(({ code }) => STATUSES[code as ChatErrorCode]));
  const refused = tried.every(({ code }) => code === "auth" || code === "payment");
  const waiting = tried.every(({ code, outcome }) => code === "rate-limit" || outcome === "skipped");
  if (waiting && !refused && retryAt !== undefined) {
    return { status: statuses.has(429) ? 429 : 503, timed: true };
  }
  const [status = 502] = statuses;
  return { status: statuses.size === 1 ? status : 502, timed: status === 503 };
}

/** The headers of a failure: when to come back, and whether that is of any use. */
export function failureHeaders({ retryAfterMs, spent, asked }: ToldFailure): Record<string, string> {
  const headers: Record<string, string> = {};
  if (spent) headers["x-should-retry"] = "false";
  if (retryAfterMs !== undefined) {
    const seconds = Math.ceil(retryAfterMs / 1000);
    headers["retry-after"] = `${Math.min(Math.max(1, seconds), LONGEST_RETRY_S)}`;
  }
  if (asked !== undefined) headers["x-fallthrough-attempts"] = `${asked}`;
  return headers;
}
