import { type Attempt, ChatError, type ChatErrorCode } from "@fallthrough/core";
import { ChainExhaustedError } from "@fallthrough/registry";
import { type HttpAnswer, jsonAnswer } from "./exchange-types.ts";
import { Refusal } from "./refusal.ts";

/** A failure as a client sees it: codes and provider ids, never what a provider or its server said. */
export interface Failure {
  /** The HTTP status. */
  readonly status: number;
  /** Milliseconds for the header `Retry-After`. */
  readonly retryAfterMs?: number | undefined;
  /** How many candidates stand in the route. */
  readonly attempts?: number | undefined;
  /** The error in OpenAI's shape. */
  readonly error: {
    /** What happened, for people. */
    readonly message: string;
    /** OpenAI's name for the kind of failure. */
    readonly type: string;
    /** The field of the request that is wrong. */
    readonly param: string | null;
    /** One of the codes of `ChatError`. */
    readonly code: string;
    /** The id of the provider that failed last. */
    readonly provider?: string | undefined;
    /** Who was asked, in order. */
    readonly attempts?: readonly Pick<Attempt, "provider" | "model" | "outcome" | "code">[] | undefined;
  };
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
const TYPES: ReadonlyMap<number, string> = new Map([
  [401, "authentication_error"],
  [403, "permission_error"],
  [429, "rate_limit_error"],
]);

/** What a client is told of any failure. */
export function explainFailure(reason: unknown): Failure {
  if (reason instanceof Refusal) {
    const { status, message, code, param, retryAfterMs } = reason;
    return { status, retryAfterMs, error: { message, type: typeOf(status), param: param ?? null, code } };
  }
  if (reason instanceof ChainExhaustedError) return explainExhausted(reason);
  if (!(reason instanceof ChatError)) return failed(500, "the gateway failed", "internal");

  const { code, provider, retryAfterMs, route } = reason;
  const message = `${provider === undefined ? "the call" : `provider ${provider}`} failed: ${code}`;
  return {
    ...failed(STATUSES[code], message, code, { provider }),
    retryAfterMs,
    attempts: route?.attempts.length,
  };
}

function explainExhausted({ route, code, retryAt }: ChainExhaustedError): Failure {
  const attempts = route.attempts.map((attempt) => ({
    provider: attempt.provider,
    model: attempt.model,
    outcome: attempt.outcome,
    code: attempt.code,
  }));
  const told = attempts.map((one) => `${one.provider} ${one.outcome}${one.code ? ` (${one.code})` : ""}`);
  const { status, timed } = rank(route.attempts, retryAt);
  const failure = failed(status, `no provider answered: ${told.join(", ")}`, code ?? "exhausted", {
    attempts,
  });
  const retryAfterMs = timed && retryAt !== undefined ? retryAt.getTime() - Date.now() : undefined;
  return { ...failure, retryAfterMs, attempts: attempts.length };
}

/** The one status for many failures; `timed` where the client may be told when to come back. */
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

function failed(
  status: number,
  message: string,
  code: string,
  more: Pick<Failure["error"], "provider" | "attempts"> = {},
): Failure {
  return { status, error: { message, type: typeOf(status), param: null, code, ...more } };
}

function typeOf(status: number): string {
  return TYPES.get(status) ?? (status < 500 ? "invalid_request_error" : "server_error");
}

/** The answer that tells a failure before any byte of another. */
export function failureAnswer(reason: unknown): HttpAnswer {
  const { status, retryAfterMs, attempts, error } = explainFailure(reason);
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined) headers["retry-after"] = `${Math.max(1, Math.ceil(retryAfterMs / 1000))}`;
  if (attempts !== undefined) headers["x-fallthrough-attempts"] = `${attempts}`;
  return jsonAnswer({ error }, { status, headers });
}
