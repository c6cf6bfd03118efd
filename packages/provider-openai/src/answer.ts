import { ChatError, type FinishReason, type StreamPart, type Usage } from "@fallthrough/core";
import {
  createFrame,
  type Frame,
  fieldsOf,
  parseJson,
  type ServerSentEvent,
} from "@fallthrough/core/provider";
import { explain, parseFailure, type ServerFailure } from "./failure.ts";
import { createToolCalls, type ToolCalls } from "./tool-calls.ts";

/** The data of the event that ends a stream. */
export const END_MARKER = "[DONE]";

/** Where answers come from, for all of one instance. */
export interface AnswerSource {
  /** The request as messages name it. */
  readonly what: string;
  /** Makes the error for a failure that the server tells of inside an answer. */
  fail(failure: ServerFailure): ChatError;
}

/** What one answer has said beside its parts. */
export interface Answer {
  readonly source: AnswerSource;
  /** Why the model stopped, in the server's words: the end of an answer where no end marker comes. */
  reason: string | undefined;
  refused: boolean;
  model: string | undefined;
  usage: unknown;
  /** Most answers have none. */
  calls: ToolCalls | undefined;
  /** Most events of a stream differ from the one before in their text alone. */
  frame: Frame | undefined;
}

/** OpenAI fills its events up with it, so that their lengths do not tell their text. */
const PADDING = "obfuscation";
const FINISH_REASONS: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content-filter"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
]);
/** These say that the server gave up, not that the model stopped. */
const FAILED_REASONS: readonly string[] = ["error", "abort"];

/** An answer of which nothing has come. */
export function openAnswer(source: AnswerSource): Answer {
  return {
    source,
    reason: undefined,
    refused: false,
    model: undefined,
    usage: undefined,
    calls: undefined,
    frame: undefined,
  };
}

/** Adds the parts that one event of a stream gives; @throws the failure that it tells of */
export function readEvent(answer: Answer, { data, event }: ServerSentEvent, parts: StreamPart[]): void {
  // an event without data keeps a connection alive
  if (data === "") return;
  const { what, fail } = answer.source;
  const delta = event === "error" ? undefined : answer.frame?.read(data);
  if (delta !== undefined) {
    if (delta !== "") parts.push({ type: "text-delta", delta });
    return;
  }
  const value = parseJson(data, what);
  if (event === "error") throw fail(parseFailure(value) ?? explain(fieldsOf(value)));
  const given: StreamPart[] = [];
  const told = read(answer, value, given);
  parts.push(...given);
  const text = told ? undefined : plainText(given);
  if (text === undefined) return;
  answer.frame ??= createFrame({ textOf: (other) => textOf(answer, other), padding: PADDING });
  answer.frame.learn(data, text);
}

/** Adds the parts of an answer that came as one JSON value; @throws the failure that it tells of */
export function readWhole(answer: Answer, value: unknown, parts: StreamPart[]): void {
  read(answer, value, parts);
  if (Array.isArray(fieldsOf(value)["choices"])) return;
  throw new ChatError("protocol", `${answer.source.what} answered JSON without \`choices\``);
}

/** Adds the parts that end the answer; @throws `interrupted` for a tool call that was cut */
export function endAnswer(answer: Answer, parts: StreamPart[]): void {
  const { calls, usage, model } = answer;
  if (calls !== undefined) parts.push(...calls.complete());
  parts.push({ type: "finish", finishReason: finishReason(answer), usage: parseUsage(usage), model });
}

function finishReason({ refused, reason, calls }: Answer): FinishReason {
  if (refused) return "content-filter";
  // where the caller forced a tool, OpenAI itself says "stop"
  if (calls !== undefined && (reason === undefined || reason === "stop")) return "tool-calls";
  return FINISH_REASONS.get(reason) ?? "other";
}

/** Adds the parts of a value; gives whether it told anything beside. */
function read(answer: Answer, value: unknown, parts: StreamPart[]): boolean {
  const { choices, error, object, model, usage } = fieldsOf(value);
  if (error !== undefined || object === "error") {
    const failure = parseFailure(value);
    if (failure !== undefined) throw answer.source.fail(failure);
  }
  let told = false;
  if (answer.model === undefined && typeof model === "string" && model !== "") {
    answer.model = model;
    told = true;
  }
  if (typeof usage === "object" && usage !== null) {
    answer.usage = usage;
    told = true;
  }
  if (!Array.isArray(choices)) return told;
  for (const choice of choices) readChoice(answer, fieldsOf(choice), parts);
  return told || answer.reason !== undefined || answer.refused || answer.calls !== undefined;
}

type Fields = ReturnType<typeof fieldsOf>;

function readChoice(answer: Answer, choice: Fields, parts: StreamPart[]): void {
  // a second answer, which nobody can have asked for but with `extraBody`
  if (typeof choice["index"] === "number" && choice["index"] > 0) return;
  readDelta(answer, fieldsOf(choice["delta"] ?? choice["message"]), parts);
  const { finish_reason } = choice;
  if (typeof finish_reason !== "string" || finish_reason === "") return;
  if (FAILED_REASONS.includes(finish_reason)) {
    throw answer.source.fail(explain({ message: `finish_reason ${finish_reason}` }));
  }
  answer.reason = finish_reason;
}

function readDelta(answer: Answer, delta: Fields, parts: StreamPart[]): void {
  const { content, tool_calls, refusal, annotations } = delta;
  const reasoning = delta["reasoning_content"] || delta["reasoning"];
  if (typeof reasoning === "string" && reasoning !== "") {
    parts.push({ type: "reasoning-delta", delta: reasoning });
  }
  if (typeof content === "string") {
    if (content !== "") parts.push({ type: "text-delta", delta: content });
  } else if (content !== undefined && content !== null) {
    const { what } = answer.source;
    throw new ChatError("protocol", `${what} answered content that is no text, expected a string`);
  }
  if (Array.isArray(tool_calls) && tool_calls.length > 0) {
    answer.calls ??= createToolCalls();
    answer.calls.take(tool_calls, parts);
  }
  if (Array.isArray(annotations)) parts.push(...annotations.flatMap(parseSource));
  if (typeof refusal === "string" && refusal !== "") answer.refused = true;
}

/** The text of an event that gives nothing else. */
function textOf(answer: Answer, data: string): string | undefined {
  const parts: StreamPart[] = [];
  return read(answer, parseJson(data, answer.source.what), parts) ? undefined : plainText(parts);
}

/** The text of parts that are nothing else. */
function plainText(parts: readonly StreamPart[]): string | undefined {
  const [part] = parts;
  return parts.length === 1 && part?.type === "text-delta" ? part.delta : undefined;
}

function parseUsage(value: unknown): Usage | undefined {
  if (value === undefined) return undefined;
  const { prompt_tokens, completion_tokens, total_tokens, ...details } = fieldsOf(value);
  return {
    inputTokens: countOf(prompt_tokens),
    outputTokens: countOf(completion_tokens),
    totalTokens: countOf(total_tokens),
    cachedInputTokens: countOf(fieldsOf(details["prompt_tokens_details"])["cached_tokens"]),
    reasoningTokens: countOf(fieldsOf(details["completion_tokens_details"])["reasoning_tokens"]),
  };
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function parseSource(annotation: unknown): readonly StreamPart[] {
  const { url, title } = fieldsOf(fieldsOf(annotation)["url_citation"]);
  if (typeof url !== "string" || !/^https?:\/\//i.test(url)) return [];
  return [{ type: "source", url, title: typeof title === "string" ? title : undefined }];
}
