import {
  ChatError,
  createFrame,
  type FinishReason,
  fieldsOf,
  parseJson,
  type ServerSentEvent,
  type StreamPart,
  type Usage,
} from "@fallthrough/core";
import { explain, parseFailure, type ServerFailure } from "./failure.ts";
import { createToolCalls } from "./tool-calls.ts";

/** The data of the event that ends a stream. */
export const END_MARKER = "[DONE]";

/** Reads one answer: a stream event by event, or a whole one. */
export interface AnswerReader {
  /** The server has said why the model stopped, which is the end of an answer where no end marker comes. */
  stopped(): boolean;
  /** Adds the parts that one event gives; @throws the failure that it tells of */
  readEvent(event: ServerSentEvent, parts: StreamPart[]): void;
  /** Adds the parts of an answer that came as one JSON value; @throws the failure that it tells of */
  readWhole(value: unknown, parts: StreamPart[]): void;
  /** Adds the parts that end the answer; @throws `interrupted` for a tool call that was cut */
  end(parts: StreamPart[]): void;
}

const FINISH_REASONS: ReadonlyMap<string | undefined, FinishReason> = new Map([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content-filter"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
]);
/** These say that the server gave up, not that the model stopped. */
const FAILED_REASONS: readonly string[] = ["error", "abort"];

/** A reader for one answer; `fail` makes the error for a failure that the server tells of. */
export function createAnswerReader(what: string, fail: (failure: ServerFailure) => ChatError): AnswerReader {
  const calls = createToolCalls();
  let reason: string | undefined;
  let refused = false;
  let model: string | undefined;
  let usage: unknown;

  /** Most events differ from the one before in their text alone. */
  const frame = createFrame({
    textOf(data) {
      const parts: StreamPart[] = [];
      return read(parseJson(data, what), parts) ? undefined : plainText(parts);
    },
  });

  /** Adds the parts of a value; gives whether it told anything beside. */
  function read(value: unknown, parts: StreamPart[]): boolean {
    const { choices, error, object, model: name, usage: counts } = fieldsOf(value);
    if (error !== undefined || object === "error") {
      const failure = parseFailure(value);
      if (failure !== undefined) throw fail(failure);
    }
    let told = false;
    if (model === undefined && typeof name === "string" && name !== "") {
      model = name;
      told = true;
    }
    if (typeof counts === "object" && counts !== null) {
      usage = counts;
      told = true;
    }
    if (!Array.isArray(choices)) return told;
    for (const choice of choices) readChoice(fieldsOf(choice), parts);
    return told || reason !== undefined || refused || calls.any();
  }

  function readChoice(choice: { readonly [name: string]: unknown }, parts: StreamPart[]): void {
    // a second answer, which nobody can have asked for but with `extraBody`
    if (typeof choice["index"] === "number" && choice["index"] > 0) return;
    readDelta(fieldsOf(choice["delta"] ?? choice["message"]), parts);
    const { finish_reason } = choice;
    if (typeof finish_reason !== "string" || finish_reason === "") return;
    if (FAILED_REASONS.includes(finish_reason)) {
      throw fail(explain({ message: `finish_reason ${finish_reason}` }));
    }
    reason = finish_reason;
  }

  function readDelta(delta: { readonly [name: string]: unknown }, parts: StreamPart[]): void {
    const { content, tool_calls, refusal, annotations } = delta;
    const reasoning = delta["reasoning_content"] || delta["reasoning"];
    if (typeof reasoning === "string" && reasoning !== "") {
      parts.push({ type: "reasoning-delta", delta: reasoning });
    }
    if (typeof content === "string") {
      if (content !== "") parts.push({ type: "text-delta", delta: content });
    } else if (content !== undefined && content !== null) {
      throw new ChatError("protocol", `${what} answered content that is no text, expected a string`);
    }
    if (Array.isArray(tool_calls)) calls.take(tool_calls, parts);
    if (Array.isArray(annotations)) parts.push(...annotations.flatMap(parseSource));
    if (typeof refusal === "string" && refusal !== "") refused = true;
  }

  function finishReason(): FinishReason {
    if (refused) return "content-filter";
    // where the caller forced a tool, OpenAI itself says "stop"
    if (calls.any() && (reason === undefined || reason === "stop")) return "tool-calls";
    return FINISH_REASONS.get(reason) ?? "other";
  }

  return {
    stopped: () => reason !== undefined,

    readEvent({ data, event }, parts) {
      // an event without data keeps a connection alive
      if (data === "") return;
      const delta = event === "error" ? undefined : frame.read(data);
      if (delta !== undefined) {
        if (delta !== "") parts.push({ type: "text-delta", delta });
        return;
      }
      const value = parseJson(data, what);
      if (event === "error") throw fail(parseFailure(value) ?? explain(fieldsOf(value)));
      const given: StreamPart[] = [];
      const told = read(value, given);
      parts.push(...given);
      const text = told ? undefined : plainText(given);
      if (text !== undefined) frame.learn(data, text);
    },

    readWhole(value, parts) {
      read(value, parts);
      if (Array.isArray(fieldsOf(value)["choices"])) return;
      throw new ChatError("protocol", `${what} answered JSON without \`choices\``);
    },

    end(parts) {
      parts.push(...calls.complete(), {
        type: "finish",
        finishReason: finishReason(),
        usage: parseUsage(usage),
        model,
      });
    },
  };
}

/** The text of an event that gave nothing else. */
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
