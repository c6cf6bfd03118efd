import { ChatError, type ChatErrorDetails } from "../../errors/chat-error.ts";
import type { ChatErrorCode, FailureScope, Phase } from "../../errors/error-codes.ts";
import { cut, quote } from "../../errors/redact.ts";
import type { FailedAnswer, HttpRequest } from "../types.ts";
import { isChallenge, isPage } from "./block-page.ts";
import { CONNECT_TIMED_OUT } from "./exchange.ts";
import { parseLimitReset } from "./rate-limits.ts";
import { requestIdOf } from "./request-id.ts";
import { parseRetryAfter } from "./retry-after.ts";

/** Makes an error of this provider instance. */
export type ErrorFactory = (code: ChatErrorCode, message: string, details?: ChatErrorDetails) => ChatError;

type Recognise = NonNullable<HttpRequest["recognise"]>;

const CAUSE_DEPTH = 5;
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(?:CA|PURPOSE)$|HOSTNAME_MISMATCH$|EPROTO$|UND_ERR_PRX_TLS$)/;
/** 424 is what TGI and 498 what Groq answers where it has no room. */
const SERVER_STATUSES: readonly number[] = [408, 409, 424, 425, 498];
const EMPTY_STATUSES: readonly number[] = [204, 205, 304];

/** What the transport reported, as the failure that it means. */
export function transportFailure(
  reason: unknown,
  what: string,
  phase: Phase,
  received: number,
  error: ErrorFactory,
): ChatError {
  if (reason === CONNECT_TIMED_OUT) return error("timeout", `${what} got no connection in time`, { phase });
  const code = transportCode(reason, received);
  const name = causeCodes(reason)[0] ?? "an unknown transport failure";
  return error(code, `${what} failed with ${name}${adviceOn(name)}`, { phase, cause: reason });
}

/** What helps where this machine is at fault, or the program itself. */
function adviceOn(name: string): string {
  switch (name) {
    case "EMFILE":
    case "ENFILE":
      return ", too many files are open on this machine, expected a higher `ulimit -n`";
    case "ENOBUFS":
    case "ENOMEM":
      return ", this machine is out of memory for connections";
    case "EADDRNOTAVAIL":
      return ", this machine has no free port or address left";
    case "EACCES":
    case "EPERM":
      return ", this machine does not allow the connection, expected a firewall or sandbox that does";
    case "UND_ERR_CLOSED":
    case "UND_ERR_DESTROYED":
      return ", because the provider was closed";
    default:
      return "";
  }
}

function transportCode(reason: unknown, received: number): ChatErrorCode {
  for (const cause of causes(reason)) {
    const code = codeOf(cause);
    if (TLS_CODE.test(code)) return "tls";
    if ((cause as Error).name === "HTTPParserError") {
      // undici's words for a chunked body whose connection was reset or closed
      if (received > 0 && (cause as Error).message.includes("Invalid EOF state")) return "interrupted";
      return isTlsAlert(cause) ? "network" : "protocol";
    }
    if (/^UND_ERR_(HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH|RES_EXCEEDED_MAX_SIZE)$/.test(code))
      return "protocol";
    // undici's words for an interim answer or an upgrade that nobody asked for
    if (code === "UND_ERR_SOCKET" && /^bad (response|upgrade)$/.test((cause as Error).message))
      return "protocol";
    if (/^UND_ERR_(INVALID_ARG|CLOSED|DESTROYED)$/.test(code)) return "config";
  }
  return received > 0 ? "interrupted" : "network";
}

/** A TLS server answers plain HTTP with an alert record: the other end is not what was meant, not broken. */
function isTlsAlert(cause: unknown): boolean {
  const { data } = cause as { readonly data?: unknown };
  return typeof data === "string" && data.startsWith("\x15\x03");
}

function causeCodes(reason: unknown): readonly string[] {
  return causes(reason)
    .map(codeOf)
    .filter((code) => code !== "");
}

function causes(reason: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let cause = reason; cause instanceof Error && chain.length < CAUSE_DEPTH; cause = cause.cause)
    chain.push(cause);
  return chain;
}

function codeOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown }).code;
  return typeof code === "string" ? code : "";
}

/** What an answer that is not a success means. */
export function statusFailure(
  answer: FailedAnswer,
  known: ReturnType<Recognise>,
  what: string,
  error: ErrorFactory,
): ChatError {
  const { status, headers, contentType, body } = answer;
  const asked = parseRetryAfter(headers);
  const code = statusCode(answer, asked);
  const page = code === "blocked" ? " with a page for people" : "";
  const location =
    status >= 300 && status < 400 ? `, redirecting to ${redirectTarget(headers["location"])}` : "";
  const media = contentType === "" || page !== "" ? "" : ` (${cut(contentType, 40)})`;
  const phase = body === "" ? "headers" : "preamble";
  const message = `${what} answered ${status}${media}${page}${location}`;
  return knownFailure(known, error, code, message, {
    status,
    scope: scopeOfStatus(status, code),
    retryAfterMs: asked ?? (code === "rate-limit" ? parseLimitReset(headers) : undefined),
    phase,
    requestId: requestIdOf(headers),
  });
}

/** The failure that the provider recognised, or else this one with what it noted. */
export function knownFailure(
  known: ReturnType<Recognise>,
  error: ErrorFactory,
  code: ChatErrorCode,
  message: string,
  details: ChatErrorDetails,
): ChatError {
  if (known instanceof ChatError) return known;
  const words = known?.words ? `, saying ${known.words}` : "";
  return error(known?.code ?? code, message + words, {
    ...details,
    // what the status speaks of is not what another code speaks of
    scope: known?.scope ?? (known?.code === undefined || known.code === code ? details.scope : undefined),
    need: known?.need,
    retryAfterMs: known?.retryAfterMs ?? details.retryAfterMs,
  });
}

/** A plain 402 or 403 speaks of the model: other models of the same key may be free, or part of its plan. */
function scopeOfStatus(status: number, code: ChatErrorCode): FailureScope | undefined {
  return (status === 402 || status === 403) && code !== "blocked" ? "model" : undefined;
}

function statusCode(
  { status, headers, contentType, body }: FailedAnswer,
  retryAfterMs: number | undefined,
): ChatErrorCode {
  if (status >= 400 && isChallenge(headers, contentType, body)) return "blocked";
  if (status >= 500 && status < 600)
    return status === 503 && retryAfterMs !== undefined ? "rate-limit" : "server";
  if (EMPTY_STATUSES.includes(status) || status < 200 || status >= 600) return "protocol";
  if (status < 400) return isWebAddress(headers["location"]) ? "blocked" : "protocol";
  return status === 403 && isPage(contentType, body) ? "blocked" : codeOfStatus(status);
}

/** What a status that is no success means by itself, in the head of an answer or inside its body. */
export function codeOfStatus(status: number): ChatErrorCode {
  if (SERVER_STATUSES.includes(status) || (status >= 500 && status < 600)) return "server";
  switch (status) {
    case 401:
    case 403:
      return "auth";
    case 402:
      return "payment";
    case 404:
    case 410:
      return "not-found";
    case 413:
      return "context-length";
    case 429:
      return "rate-limit";
    case 451:
      return "blocked";
    default:
      return "bad-request";
  }
}

function isWebAddress(location: string | undefined): boolean {
  if (location === undefined || !URL.canParse(location, "http://localhost")) return false;
  return ["http:", "https:"].includes(new URL(location, "http://localhost").protocol);
}

function redirectTarget(location: string | undefined): string {
  if (location === undefined) return "nowhere";
  if (!URL.canParse(location, "http://localhost")) return "an invalid address";
  const { protocol, host, pathname } = new URL(location, "http://localhost");
  return quote(location.startsWith("/") ? pathname : `${protocol}//${host}${pathname}`);
}
