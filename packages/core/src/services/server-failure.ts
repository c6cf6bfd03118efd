import type { Need } from "../contract/contract.ts";
import type { ChatErrorCode, FailureScope } from "../errors/error-codes.ts";
import { quote } from "../errors/redact.ts";
import { codeOfStatus } from "../http/answer/failures.ts";
import type { FailureNote } from "../http/types.ts";
import { fieldsOf, parseJson } from "../parts/json.ts";
import { type ErrorFields, errorFields, wordsOf } from "./error-fields.ts";
import { retryAfterMsOf } from "./quota.ts";

/** What a server says about its failure, in an error body or inside a stream. */
export interface ServerFailure extends FailureNote {
  /** What it means where there is no status. */
  readonly codeInside: ChatErrorCode;
  /** The server's own words, quoted and cut; blank where it has none. */
  readonly words: string;
  /** The field of the request that the server refused, as it names it. */
  readonly field?: string | undefined;
}

/** What a failure means, and what it speaks of where that is not what its code speaks of. */
type Meaning = readonly [code: ChatErrorCode, scope?: FailureScope];

/** By `code`, `type`, `status` or a detail's `reason`; each is exact, so it goes over the status. */
const EXACT_CODES: ReadonlyMap<unknown, Meaning> = new Map<unknown, Meaning>([
  ["insufficient_quota", ["payment", "key"]],
  ["invalid_api_key", ["auth", "key"]],
  ["API_KEY_INVALID", ["auth", "key"]],
  ["account_deactivated", ["auth", "key"]],
  ["context_length_exceeded", ["context-length"]],
  ["exceed_context_size_error", ["context-length"]],
  ["string_above_max_length", ["context-length"]],
  ["content_filter", ["content-filter"]],
  ["content_policy_violation", ["content-filter"]],
  ["data_inspection_failed", ["content-filter"]],
  // OpenAI's code for a prompt that its policy forbids
  ["invalid_prompt", ["content-filter"]],
  ["image_content_policy_violation", ["content-filter"]],
  ["model_not_found", ["not-found"]],
  ["unknown_model", ["not-found"]],
  ["invalid_model", ["not-found"]],
  ["rate_limit_exceeded", ["rate-limit"]],
  // a bad sample: the next one may be a call that parses
  ["tool_use_failed", ["unsupported", "request"]],
  ["json_validate_failed", ["unsupported", "request"]],
  ["request_too_large", ["context-length"]],
  ["timeout_error", ["timeout"]],
  // Anthropic's limits of what an account may spend, and of how fast it may grow
  ["enforced_spend_limit_reached", ["payment", "key"]],
  ["contract_spend_limit_reached", ["payment", "key"]],
  ["ramp_limit_exceeded", ["rate-limit"]],
  // both say that the service is not there for the country of the caller
  ["unsupported_country_region_territory", ["blocked"]],
  ["FAILED_PRECONDITION", ["blocked"]],
]);

/** A field of the request that is no prompt. */
const SHORT_FIELD = /(?:id|name|user)$/;

/** Families of codes that speak of an image of the request. */
const IMAGE_CODE = /(?:^|_)image(?:_|$)/;

/** Families of codes that speak of the account behind the key. */
const ACCOUNT_CODE = /^(?:billing|account|credit_balance)_/;

/** What a server says in words alone, for answers that refuse a request. */
const TOLD_MEANINGS: readonly (readonly [words: RegExp, meaning: Meaning])[] = [
  [/\b(?:incorrect|invalid) api key\b|\bapi key not valid\b/i, ["auth", "key"]],
  [/\bcredit balance is too low\b/i, ["payment", "key"]],
  // before the length: a server names the tokens of the request in the words of a limit for a minute, too
  [/\btokens per (?:minute|day)\b|\bTPM\b/, ["rate-limit"]],
  [
    /\bmaximum context length\b|\bprompt is too long\b|\btokens in request more than max tokens\b|\btoo many tokens: (?:total number|size limit)\b|\bexceed context limit\b|\binput token count\b.*\bexceeds\b|\bcontext (?:length|window|size)\b.*\bexceed|\bexceed\w*\b.*\bcontext (?:length|window|size)\b/is,
    ["context-length"],
  ],
  // a setting of the account, or a wish of this request
  [/\bno (?:allowed )?(?:endpoints?|providers?)\b.*\b(?:data policy|privacy)/is, ["unsupported", "request"]],
  [/\bno (?:allowed )?(?:endpoints?|providers?)\b.*\bsupport/is, ["unsupported"]],
  [
    /\bno such model\b|\bmodel not exist\b|\bnot a valid model id\b|\bmodel\b.*\b(?:does not exist|was not found|is not found)\b/is,
    ["not-found"],
  ],
  [
    /\b(?:does not|doesn't|do not) support (?:tool|function|image|vision|json|response_format|structured)/i,
    ["unsupported"],
  ],
  [/\b(?:tool choice|tools?|tool calling)\b.*\brequires? --/is, ["unsupported"]],
  // one schema, which says nothing of others
  [/\binvalid schema\b/i, ["bad-request"]],
  [
    /\b(?:response_format|json_schema|json_object|json mode|json output|structured outputs?)\b.*\b(?:unavailable|not supported|unsupported|not available|not compatible|cannot|do(?:es)?(?: not|n't) support)\b/is,
    ["unsupported"],
  ],
  // Groq in 2024: either, but not both
  [
    /\bstream(?:ing)?\b.*\b(?:not supported|unsupported|not compatible|not available|cannot)\b.*\b(?:json|response_format)/is,
    ["unsupported"],
  ],
  // Anthropic's and Gemini's words for JSON output that the model has not
  [
    /\boutput_(?:config\.)?format\b(?!\.schema).*\b(?:not permitted|not supported|unsupported|does not support)/is,
    ["unsupported"],
  ],
  [/\bresponse mime type\b.*\bunsupported\b/is, ["unsupported"]],
  // NVIDIA's word for a model that has no machine at the moment
  [/\bDEGRADED\b/, ["server"]],
];

/** Which need a refusal speaks of; words that fit none leave it to what the request needs. */
const TOLD_NEEDS: readonly (readonly [words: RegExp, need: Need])[] = [
  // vLLM's word for a server that was started without a parser of calls
  [/\brequires? --/i, "tools"],
  [/\btool[_ ]choice\b/i, "tool-choice"],
  [/\btools?\b|\bfunctions?\b/i, "tools"],
  [/\bimages?\b|\bvision\b|\bimage_url\b/i, "images"],
  [/\bjson[_ ]schema\b|\bstructured\b/i, "json-schema"],
  [/\bjson_object\b|\bjson mode\b/i, "json"],
];

/** Statuses of which the words may know more. */
const REFUSALS: readonly (number | undefined)[] = [undefined, 400, 404, 413, 422];

/** By `type`, which most servers set from the status: only for a failure that has none. */
const TYPE_CODES: ReadonlyMap<unknown, ChatErrorCode> = new Map([
  ["invalid_request_error", "bad-request"],
  ["BadRequestError", "bad-request"],
  ["authentication_error", "auth"],
  ["permission_error", "auth"],
  ["not_found_error", "not-found"],
  ["NotFoundError", "not-found"],
  ["rate_limit_error", "rate-limit"],
  ["RESOURCE_EXHAUSTED", "rate-limit"],
]);

/** The failure that a value inside an answer describes; `undefined` for any other value. */
export function parseFailure(value: unknown): ServerFailure | undefined {
  const fields = errorFields(value, false);
  return fields === undefined ? undefined : explainServerError(fields);
}

/** The failure that the body of an answer describes; `undefined` where it describes none. */
export function parseFailureBody(body: string, status?: number): ServerFailure | undefined {
  let value: unknown;
  try {
    value = parseJson(body, "the error");
  } catch {
    value = cutFields(body);
  }
  const fields = errorFields(value, status === undefined || status >= 300);
  return fields === undefined ? undefined : explainServerError(fields, status);
}

/** What the fields of a failure mean. */
export function explainServerError(fields: ErrorFields, status?: number): ServerFailure {
  const { code, type } = fields;
  const words = wordsOf(fields);
  const [exact, scope] = exactMeaning(fields) ?? toldMeaning(words, status) ?? [];
  const isNeed = exact === "unsupported" && scope === undefined;
  return {
    code: exact,
    scope,
    need: isNeed ? TOLD_NEEDS.find(([shape]) => shape.test(words))?.[1] : undefined,
    codeInside:
      exact ?? statusCode(code) ?? TYPE_CODES.get(type) ?? TYPE_CODES.get(fields["status"]) ?? "server",
    retryAfterMs: retryAfterMsOf(fields),
    words: words === "" ? "" : quote(words, MOST_WORDS),
    field: fieldOf(fields),
  };
}

/** How many characters of the server's words a message quotes at most. */
const MOST_WORDS = 300;

function exactMeaning(fields: ErrorFields): Meaning | undefined {
  const { code, type, status, metadata, details } = fields;
  const reasons = Array.isArray(details)
    ? details.map((detail) => fieldsOf(detail)["reason"])
    : [fieldsOf(details)["error_code"]];
  for (const name of [...reasons, code, type, status]) {
    // a text that is too long is a prompt, but for those that have a short limit of their own
    if (name === "string_above_max_length" && SHORT_FIELD.test(fieldOf(fields) ?? "")) continue;
    const meaning = EXACT_CODES.get(name);
    if (meaning !== undefined) return meaning;
    if (typeof name === "string" && ACCOUNT_CODE.test(name)) return ["payment", "key"];
    if (typeof name === "string" && IMAGE_CODE.test(name)) return ["bad-request"];
  }
  // OpenRouter lists the reasons of a moderation that would otherwise look like a refused key
  return Array.isArray(fieldsOf(metadata)["reasons"]) ? ["content-filter"] : undefined;
}

function toldMeaning(words: string, status: number | undefined): Meaning | undefined {
  if (!REFUSALS.includes(status)) return undefined;
  // LM Studio's words for a path that it does not know, with a success status
  if (/^unexpected endpoint or method/i.test(words)) return ["config"];
  return TOLD_MEANINGS.find(([shape]) => shape.test(words))?.[1];
}

/** `param`, or the last name of the place that a validation names. */
function fieldOf({ param, detail }: ErrorFields): string | undefined {
  if (typeof param === "string" && param !== "") return param;
  const { loc } = fieldsOf(Array.isArray(detail) && detail.length === 1 ? detail[0] : undefined);
  return Array.isArray(loc) ? loc.filter((name) => typeof name === "string").join(".") : undefined;
}

function statusCode(code: unknown): ChatErrorCode | undefined {
  const status = typeof code === "number" || typeof code === "string" ? Number(code) : Number.NaN;
  return status >= 400 && status < 600 ? codeOfStatus(status) : undefined;
}

/** What can be read of JSON that was cut: a validation error may repeat the whole request behind its message. */
function cutFields(body: string): unknown {
  if (!/^\s*[[{]/.test(body)) return undefined;
  const fields: Record<string, unknown> = {};
  for (const name of ["code", "type", "param", "message", "detail"]) {
    const found = new RegExp(`"${name}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"|\\d+)`).exec(body)?.[1];
    if (found === undefined) continue;
    try {
      fields[name] = parseJson(found, "a cut body");
    } catch {
      // a text with a control character in it
    }
  }
  return Object.keys(fields).length === 0 ? undefined : { error: fields };
}
