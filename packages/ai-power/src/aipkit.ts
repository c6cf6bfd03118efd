import type { FinishReason, Source } from "@fallthrough/core";
import { fieldsOf, parseJson, quote, type ServerSentEvent } from "@fallthrough/core/provider";
import { explainText } from "./explain-text.ts";
import { type Failure, UNKNOWN_ACTION } from "./failure.ts";

/** One event of an AIPKit stream. */
export type AipkitEvent =
  | { readonly type: "delta"; readonly text: string }
  | { readonly type: "sources"; readonly sources: readonly Source[] }
  | { readonly type: "failure"; readonly failure: Failure }
  | { readonly type: "note"; readonly text: string; readonly finishReason?: FinishReason | undefined }
  | { readonly type: "done" }
  | { readonly type: "other" };

/** Reads one event of an AIPKit stream; a name that nobody knows is no failure. */
export function parseAipkitEvent({ event, data }: ServerSentEvent): AipkitEvent {
  if (event === "done") return { type: "done" };
  if (event === "error") return { type: "failure", failure: parseErrorEvent(data) };
  if (event === "warning") {
    const text = field(parseJson(data, "chat stream"), "error").trim();
    return { type: "note", text, finishReason: noteReason(text) };
  }
  const json = event === "message" ? parseJson(data, "chat stream") : looseJson(data);
  const text = field(json, "delta");
  if (event === "message" && text !== "") return { type: "delta", text };
  const sources = parseSources(
    event === "citations" && Array.isArray(json) ? json : fieldsOf(json)["citations"],
  );
  return sources.length > 0 ? { type: "sources", sources } : { type: "other" };
}

function parseErrorEvent(data: string): Failure {
  const json = parseJson(data, "chat stream");
  const text = field(json, "error");
  if (fieldsOf(json)["quota_notice"]) return { code: "rate-limit", message: `chat answered ${quote(text)}` };
  return explainText(text);
}

/** Why the model stopped, where the plugin's note on an answer says it. */
export function noteReason(note: string): FinishReason | undefined {
  if (/\(Incomplete: max_output_tokens\)\s*$/.test(note)) return "length";
  if (/^\s*\(Refusal: |\(Incomplete: content_filter\)\s*$/.test(note)) return "content-filter";
  return undefined;
}

/** The cache key of step 1, or the failure that it tells. */
export function parseCacheKey(json: unknown): string | Failure {
  if (json === 0) return UNKNOWN_ACTION;
  const key = field(fieldsOf(json)["data"], "cache_key");
  if (/^[\w-]{8,128}$/.test(key)) return key;
  if (fieldsOf(json)["success"] === false) return toldFailure(json);
  return { code: "protocol", message: "chat answered step 1 without a `cache_key`, expected one" };
}

/** The nonce that the nonce endpoint gives; `undefined` where it gives none. */
export function parseNonce(json: unknown): string | undefined {
  const nonce = field(fieldsOf(json)["data"], "nonce");
  return isNonce(nonce) ? nonce : undefined;
}

/** The reply of the JSON action, or the failure that it tells. */
export function parseAipkitAnswer(json: unknown): { readonly text: string } | Failure {
  if (json === 0) return UNKNOWN_ACTION;
  const { success, data } = fieldsOf(json);
  if (success === true) return { text: field(data, "reply") };
  if (success !== false) {
    const message = "chat answered JSON without `success`, expected true or false";
    return { code: "protocol", message };
  }
  const failure = toldFailure(json);
  // with a success status this is how the plugin says that the model gave nothing
  return failure.code === "server" ? { ...failure, code: "empty" } : failure;
}

function toldFailure(json: unknown): Failure {
  return explainText(field(fieldsOf(json)["data"], "message"));
}

/** Whether a scraped nonce looks like one, before it is sent anywhere. */
export function isNonce(value: unknown): value is string {
  return typeof value === "string" && /^[\w-]{6,64}$/.test(value);
}

function parseSources(value: unknown): readonly Source[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) => {
    const url = typeof item === "string" ? item : field(item, "url");
    const title = field(item, "title");
    return /^https?:\/\//.test(url) ? [{ url, ...(title === "" ? {} : { title }) }] : [];
  });
}

function looseJson(data: string): unknown {
  try {
    return parseJson(data, "chat stream");
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): string {
  const text = fieldsOf(value)[key];
  return typeof text === "string" ? text : "";
}
