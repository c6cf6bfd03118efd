import { ChatError, type ChatErrorCode, type ChatErrorDetails } from "@fallthrough/core";
import { statusFailure, transportFailure } from "@fallthrough/core/internal";
import { fieldsOf, parseFailure, parseFailureBody, quote, textOf } from "@fallthrough/core/provider";
import { type ErrorKind, isErrorOf } from "../errors.ts";

/** What the errors of the AI SDK mean that no server told. */
const KINDS: readonly (readonly [kind: ErrorKind, code: ChatErrorCode])[] = [
  ["AI_LoadAPIKeyError", "auth"],
  ["AI_LoadSettingError", "config"],
  ["AI_NoSuchModelError", "not-found"],
  ["AI_UnsupportedFunctionalityError", "unsupported"],
  ["AI_InvalidPromptError", "bad-request"],
  ["AI_InvalidArgumentError", "bad-request"],
  ["AI_EmptyResponseBodyError", "empty"],
  ["AI_NoContentGeneratedError", "empty"],
  ["AI_InvalidResponseDataError", "protocol"],
  ["AI_JSONParseError", "protocol"],
  ["AI_TypeValidationError", "protocol"],
];
const WHAT = "the model";

/** The failure of a model in our codes; `received` says whether something of its answer had come. */
export function explainModelError(thrown: unknown, received: boolean): unknown {
  if (thrown instanceof ChatError) return thrown;
  // somebody wrapped the model in attempts of their own: the last one counts
  if (isErrorOf(thrown, "AI_RetryError")) {
    return explainModelError((thrown as { readonly lastError?: unknown }).lastError, received);
  }
  if (isErrorOf(thrown, "AI_APICallError")) return explainCall(thrown, received);
  const kind = KINDS.find(([name]) => isErrorOf(thrown, name));
  if (kind !== undefined) {
    const { message } = thrown as Error;
    return new ChatError(kind[1], `${WHAT} failed, saying ${quote(message)}`, { cause: thrown });
  }
  return explainInside(thrown, received);
}

function explainCall(thrown: Error, received: boolean): ChatError {
  const { statusCode, responseHeaders, responseBody, cause } = thrown as Error & Fields;
  const body = typeof responseBody === "string" ? responseBody : "";
  if (typeof statusCode !== "number")
    return transportFailure(cause ?? thrown, WHAT, "connect", received ? 1 : 0, error);
  const known = parseFailureBody(body, statusCode);
  // the head was a success, and then the connection broke
  if (statusCode < 300 && known === undefined && isTransport(cause)) {
    return transportFailure(cause, WHAT, "headers", received ? 1 : 0, error);
  }
  if (statusCode < 300) {
    const { codeInside = "protocol", words = quote(thrown.message), scope, need, retryAfterMs } = known ?? {};
    return error(codeInside, `${WHAT} answered with an error, saying ${words}`, {
      scope,
      need,
      retryAfterMs,
      cause: thrown,
    });
  }
  const headers = lowerNames(responseHeaders);
  const contentType = headers["content-type"] ?? "";
  return statusFailure({ status: statusCode, headers, contentType, body }, known, WHAT, error);
}

/** What an error part holds is an error, a text, or the words of the server. */
function explainInside(thrown: unknown, received: boolean): ChatError {
  const failure = parseFailure({ error: thrown }) ?? parseFailure(thrown);
  if (!(thrown instanceof Error) && failure !== undefined) {
    const { codeInside, words, scope, need, retryAfterMs } = failure;
    const told = words === "" ? "" : `, saying ${words}`;
    return error(codeInside, `${WHAT} answered with an error${told}`, { scope, need, retryAfterMs });
  }
  if (typeof thrown === "string")
    return error("server", `${WHAT} answered with an error, saying ${quote(thrown)}`);
  if (isTransport(thrown)) {
    return transportFailure(thrown, WHAT, "connect", received ? 1 : 0, error);
  }
  const message = thrown instanceof Error ? quote(thrown.message) : "nothing that can be read";
  return error("server", `${WHAT} failed, saying ${message}`, { cause: thrown });
}

/** Whether the platform's own `fetch` failed, or the connection under it. */
function isTransport(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false;
  return (
    (thrown instanceof TypeError && /fetch|terminated/i.test(thrown.message)) ||
    textOf(fieldsOf(thrown.cause ?? thrown)["code"]) !== ""
  );
}

type Fields = Readonly<Record<string, unknown>>;

function error(code: ChatErrorCode, message: string, details?: ChatErrorDetails): ChatError {
  return new ChatError(code, message, details);
}

function lowerNames(headers: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsOf(headers)).filter(([, value]) => typeof value === "string");
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value as string]));
}
