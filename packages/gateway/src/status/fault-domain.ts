import type { ChatErrorCode } from "@fallthrough/core";

/**
 * Whose fault a failure is: `caller` for a request that nobody could answer, `policy` for a rule, a key or a limit that
 * the operator can change, `provider` for a service that failed.
 */
type FaultDomain = "caller" | "policy" | "provider";

/** The domain of each code of a provider's failure. */
const CHAT_ERRORS: Readonly<Record<ChatErrorCode, FaultDomain>> = {
  offline: "provider",
  network: "provider",
  tls: "provider",
  timeout: "provider",
  deadline: "policy",
  "rate-limit": "policy",
  auth: "policy",
  payment: "policy",
  blocked: "policy",
  abuse: "policy",
  "not-found": "policy",
  unsupported: "caller",
  "context-length": "caller",
  "content-filter": "policy",
  "bad-request": "caller",
  server: "provider",
  protocol: "provider",
  empty: "provider",
  interrupted: "provider",
  limit: "policy",
  contract: "provider",
  config: "policy",
};
/** The domain of each code of the gateway's own. */
const REFUSALS: Readonly<Record<string, FaultDomain>> = {
  body_stalled: "caller",
  body_too_large: "caller",
  client_left: "caller",
  client_stalled: "caller",
  exhausted: "provider",
  forbidden: "policy",
  foreign_request: "policy",
  internal: "policy",
  invalid_api_key: "caller",
  invalid_request: "caller",
  model_not_found: "caller",
  no_provider: "policy",
  rate_limit_exceeded: "policy",
  response_not_found: "caller",
  shutting_down: "policy",
  too_many_bytes: "policy",
  too_many_calls: "policy",
  unknown_url: "caller",
  unsupported_parameter: "caller",
};
const DOMAINS: ReadonlyMap<string, FaultDomain> = new Map([
  ...Object.entries(CHAT_ERRORS),
  ...Object.entries(REFUSALS),
]);
const OTHER = "other";

/** A kind of failure, of a closed list: a code that nobody knows here is `other`. */
export interface FaultType {
  /** Whose fault it is. */
  readonly domain: FaultDomain;
  /** The code, or `other`. */
  readonly type: string;
}

/** The kind of a failure by its code; one without a code is of the provider. */
export function faultOf(code: string | undefined): FaultType {
  const domain = code === undefined ? undefined : DOMAINS.get(code);
  return domain === undefined || code === undefined
    ? { domain: "provider", type: OTHER }
    : { domain, type: code };
}
