/**
 * What happened, in one word; `docs/errors.md` says how each is detected and what a chain does about it.
 */
export type ChatErrorCode =
  | "offline"
  | "network"
  | "tls"
  | "timeout"
  | "deadline"
  | "rate-limit"
  | "auth"
  | "payment"
  | "blocked"
  | "abuse"
  | "not-found"
  | "unsupported"
  | "context-length"
  | "content-filter"
  | "bad-request"
  | "server"
  | "protocol"
  | "empty"
  | "interrupted"
  | "limit"
  | "contract"
  | "config";

/** How far the call had come: before the connection, the head, the first content, or after it. */
export type Phase = "connect" | "headers" | "preamble" | "committed";

/**
 * What a failure says something about.
 *
 * `need` is one ability of one model: `ChatError.need` names it where the server did. `request` is this request alone, so
 * nothing is remembered.
 */
export type FailureScope = "key" | "model" | "need" | "request" | "provider" | "origin";

/** What each code says something about, unless the thrower knows better. */
export const CODE_SCOPES: Readonly<Record<ChatErrorCode, FailureScope>> = {
  offline: "origin",
  network: "origin",
  tls: "origin",
  timeout: "model",
  deadline: "provider",
  "rate-limit": "model",
  auth: "key",
  payment: "key",
  blocked: "origin",
  abuse: "provider",
  "not-found": "model",
  unsupported: "need",
  "context-length": "model",
  "content-filter": "model",
  "bad-request": "model",
  server: "provider",
  protocol: "provider",
  empty: "model",
  interrupted: "model",
  limit: "model",
  contract: "provider",
  config: "provider",
};

/** Every code a `ChatError` can have. */
export const CHAT_ERROR_CODES: readonly ChatErrorCode[] = Object.keys(CODE_SCOPES) as ChatErrorCode[];
