import type { ChatErrorCode } from "@fallthrough/core";
import { codeOfStatus, fieldsOf, parseJson, quote } from "@fallthrough/core/provider";

/** What a server says about its failure, in an error body or inside a stream. */
export interface ServerFailure {
  /** What it means, where the server says it more exactly than a status can. */
  readonly code: ChatErrorCode | undefined;
  /** What it means where there is no status. */
  readonly codeInside: ChatErrorCode;
  /** The server's own words, quoted and cut; blank where it has none. */
  readonly words: string;
}

/** By `code` or `type`; each is exact, so it goes over the status. */
const EXACT_CODES: ReadonlyMap<unknown, ChatErrorCode> = new Map([
  ["insufficient_quota", "payment"],
  ["billing_hard_limit_reached", "payment"],
  ["billing_not_active", "payment"],
  ["context_length_exceeded", "context-length"],
  ["exceed_context_size_error", "context-length"],
  ["string_above_max_length", "context-length"],
  ["content_filter", "content-filter"],
  ["content_policy_violation", "content-filter"],
  ["invalid_api_key", "auth"],
  ["account_deactivated", "auth"],
  ["model_not_found", "not-found"],
  ["rate_limit_exceeded", "rate-limit"],
  ["unsupported_country_region_territory", "blocked"],
]);

/** By `type`, which most servers set from the status: only for a failure that has none. */
const TYPE_CODES: ReadonlyMap<unknown, ChatErrorCode> = new Map([
  ["invalid_request_error", "bad-request"],
  ["BadRequestError", "bad-request"],
  ["authentication_error", "auth"],
  ["permission_error", "auth"],
  ["not_found_error", "not-found"],
  ["NotFoundError", "not-found"],
  ["rate_limit_error", "rate-limit"],
]);

/** The failure that a JSON value tells of; `undefined` for any other. */
export function parseFailure(value: unknown): ServerFailure | undefined {
  const fields = fieldsOf(value);
  const { error } = fields;
  // vLLM's older versions put the failure on the top level
  if (fields["object"] === "error") return explain(fields);
  if (typeof error === "string") return explain({ message: error });
  return typeof error === "object" && error !== null ? explain(fieldsOf(error)) : undefined;
}

/** The failure that the body of an answer tells of; `undefined` where it tells none. */
export function parseFailureBody(body: string): ServerFailure | undefined {
  try {
    return parseFailure(parseJson(body, "the error"));
  } catch {
    return undefined;
  }
}

/** What the fields of a failure mean. */
export function explain(fields: { readonly [name: string]: unknown }): ServerFailure {
  const { code, type, message, metadata } = fields;
  const exact = EXACT_CODES.get(code) ?? EXACT_CODES.get(type) ?? moderationCode(metadata);
  return {
    code: exact,
    codeInside: exact ?? statusCode(code) ?? TYPE_CODES.get(type) ?? "server",
    words: typeof message === "string" && message.trim() !== "" ? quote(message.trim()) : "",
  };
}

/** OpenRouter lists the reasons of a moderation that would otherwise look like a refused key. */
function moderationCode(metadata: unknown): ChatErrorCode | undefined {
  return Array.isArray(fieldsOf(metadata)["reasons"]) ? "content-filter" : undefined;
}

function statusCode(code: unknown): ChatErrorCode | undefined {
  const status = typeof code === "number" || typeof code === "string" ? Number(code) : Number.NaN;
  return status >= 400 && status < 600 ? codeOfStatus(status) : undefined;
}
