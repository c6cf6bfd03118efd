import { type FinishReason, parseJson, quote } from "@fallthrough/core";
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

interface Flags {
  readonly msg?: unknown;
  readonly tokenLimitReached?: unknown;
  readonly messageFlagged?: unknown;
  readonly ipBanned?: unknown;
}

interface ClassicAnswer extends Flags {
  readonly status?: unknown;
  readonly data?: unknown;
}

interface Chunk extends Flags {
  readonly id?: unknown;
  readonly object?: unknown;
  readonly model?: unknown;
  readonly error?: { readonly message?: unknown } | null;
  readonly choices?: readonly {
    readonly delta?: { readonly content?: unknown } | null;
    readonly text?: unknown;
    readonly finish_reason?: unknown;
  }[];
}

/** The text of a classic JSON answer, `""` where the model gave none, or the failure that it tells. */
export function parseClassicAnswer(json: unknown): { readonly text: string } | Failure {
  if (json === 0) return UNKNOWN_ACTION;
  if (json === -1) return { code: "auth", message: "chat refused the nonce of its page", remedy: "page" };
  if (typeof json === "string") return explainText(json);
  const answer = asObject<ClassicAnswer>(json);
  const failure = flagged(answer);
  if (failure !== undefined) return failure;
  // `msg` reads "Something went wrong" on success too
  if (answer.status === "success") return { text: typeof answer.data === "string" ? answer.data : "" };
  if (answer.status === "error") return explainText(String(answer.msg ?? ""));
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
  const chunk = asObject<Chunk>(parseJson(data, "chat stream"));
  const failure = flagged(chunk);
  if (failure !== undefined) return { type: "failure", failure };
  if (chunk.error) return { type: "failure", failure: upstreamError(chunk.error.message) };
  const choice = chunk.choices?.[0];
  if (choice === undefined) return { type: "other" };
  const text = choice.delta?.content ?? choice.text;
  const delta = typeof text === "string" ? text : "";
  // the upstream's own chunks are handed on byte for byte, and always have these
  if (chunk.id === undefined && chunk.object === undefined && chunk.model === undefined) {
    return delta === "" ? { type: "other" } : { type: "spelled", text: delta };
  }
  return {
    type: "chunk",
    delta,
    finishReason: finishReasonOf(choice.finish_reason),
    model: typeof chunk.model === "string" ? chunk.model : undefined,
  };
}

const SPELLED = /^\{"choices":\[\{"delta":\{"content":"(.*)"\}\}\]\}$/s;

/** The word of a typed-out error whose quotation marks nobody escaped, so that its event is not JSON. */
function brokenSpelling(data: string): string | undefined {
  const word = SPELLED.exec(data)?.[1];
  return word !== undefined && /(?<!\\)"/.test(word) ? word : undefined;
}

function flagged({ msg, tokenLimitReached, messageFlagged, ipBanned }: Flags): Failure | undefined {
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

function asObject<Shape extends object>(value: unknown): Partial<Shape> {
  return typeof value === "object" && value !== null ? (value as Shape) : {};
}
