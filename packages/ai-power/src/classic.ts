import type { FinishReason } from "@fallthrough/core";
import { fieldsOf, parseJson, quote } from "@fallthrough/core/provider";
import { explainText, unescapeHtml } from "./explain-text.ts";
import { type Failure, UNKNOWN_ACTION } from "./failure.ts";

/** One event of a classic stream; `spelled` is a word of an error that the plugin types out as if it were an answer. */
export type ClassicEvent =
  | {
      readonly type: "chunk";
      readonly delta: string;
      readonly finishReason?: FinishReason | undefined;
      readonly model?: string | undefined;
    }
  | { readonly type: "spelled"; readonly text: string }
  | { readonly type: "failure"; readonly failure: Failure }
  | { readonly type: "done" }
  | { readonly type: "other" };

/** The text of a classic JSON answer, `""` where the model gave none, or the failure that it tells. */
export function parseClassicAnswer(json: unknown): { readonly text: string } | Failure {
  if (json === 0) return UNKNOWN_ACTION;
  if (json === -1) return { code: "auth", message: "chat refused the nonce of its page", remedy: "page" };
  if (typeof json === "string") return explainText(json);
  const failure = flagged(json);
  if (failure !== undefined) return failure;
  const { status, data, msg } = fieldsOf(json);
  // `msg` reads "Something went wrong" on success too
  if (status === "success") return { text: typeof data === "string" ? data : "" };
  if (status === "error") return explainText(String(msg ?? ""));
  return {
    code: "protocol",
    message: "chat answered JSON without a known `status`, expected success or error",
  };
}

/** Reads the data of one event of a classic stream. */
export function parseClassicEvent(data: string): ClassicEvent {
  if (data === "[DONE]") return { type: "done" };
  const broken = brokenSpelling(data);
  if (broken !== undefined) return { type: "spelled", text: broken };
  const json = parseJson(data, "chat stream");
  const failure = flagged(json);
  if (failure !== undefined) return { type: "failure", failure };
  const { id, object, model, error, choices } = fieldsOf(json);
  if (error) return { type: "failure", failure: upstreamError(fieldsOf(error)["message"]) };
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  if (choice === undefined) return { type: "other" };
  const { delta, text, finish_reason: reason } = fieldsOf(choice);
  const content = fieldsOf(delta)["content"] ?? text;
  const piece = typeof content === "string" ? content : "";
  // the upstream's own chunks are handed on byte for byte, and always have these
  if (id === undefined && object === undefined && model === undefined) {
    return piece === "" ? { type: "other" } : { type: "spelled", text: piece };
  }
  const finishReason = finishReasonOf(reason);
  return { type: "chunk", delta: piece, finishReason, model: typeof model === "string" ? model : undefined };
}

const SPELLED = /^\{"choices":\[\{"delta":\{"content":"(.*)"\}\}\]\}$/s;

/** The word of a typed-out error whose quotation marks nobody escaped, so that its event is not JSON. */
function brokenSpelling(data: string): string | undefined {
  const word = SPELLED.exec(data)?.[1];
  return word !== undefined && /(?<!\\)"/.test(word) ? word : undefined;
}

function flagged(json: unknown): Failure | undefined {
  const { msg, tokenLimitReached, messageFlagged, ipBanned } = fieldsOf(json);
  const code = tokenLimitReached
    ? "rate-limit"
    : messageFlagged
      ? "content-filter"
      : ipBanned
        ? "blocked"
        : undefined;
  return code && { code, message: `chat answered ${quote(unescapeHtml(String(msg ?? "")))}` };
}

function upstreamError(message: unknown): Failure {
  return { code: "server", message: `chat stream told the upstream's error ${quote(String(message ?? ""))}` };
}

function finishReasonOf(reason: unknown): FinishReason | undefined {
  if (typeof reason !== "string") return undefined;
  if (reason === "stop" || reason === "length") return reason;
  return reason === "content_filter" ? "content-filter" : "other";
}
