import type {
  ChatResult,
  FinishPart,
  JsonObject,
  Source,
  StreamPart,
  ToolCall,
  Usage,
  Warning,
} from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";
import { type Answerer, type AnswerWriter, formatReference } from "../dialect.ts";
import { gatherOpaque } from "./opaque-data.ts";

/** What a message or a piece of one holds. */
export interface Said {
  /** The text. */
  readonly content: string;
  /** What was thought. */
  readonly thinking?: string | undefined;
  /** The calls that are complete. */
  readonly tool_calls?: readonly object[] | undefined;
  /** What only its writer understands. */
  readonly provider_data?: readonly string[] | undefined;
}

/** Where a message is in an answer. */
export type LineForm = (said: Said) => object;

/** Of a chat. */
export const CHAT_FORM: LineForm = (said) => ({ message: { role: "assistant", ...said } });

/** Of an answer to a single prompt. */
export const GENERATE_FORM: LineForm = ({ content, ...said }) => ({ response: content, ...said });

/** What every object of one answer begins with. */
export interface LineHead {
  /** Who answers, as a reference that can be asked for again. */
  readonly model: string;
  /** When the answer began, as an ISO date. */
  readonly created_at: string;
}

/** The head of a new answer. */
export function createHead(answerer: Answerer): LineHead {
  return { model: formatReference(answerer), created_at: new Date().toISOString() };
}

/** The answer to a request that asks nothing: no model has to be loaded here. */
export function formatLoaded(form: LineForm, model: string | undefined, reason: string): object {
  return {
    ...createHead({ model: model ?? "auto" }),
    ...form({ content: "" }),
    done: true,
    done_reason: reason,
  };
}

/** How an answer ended, with nanoseconds from `since` and the counts that the server sent. */
export function formatEnd({ finishReason }: FinishPart, usage: Usage | undefined, since: number): object {
  const { inputTokens, outputTokens } = usage ?? {};
  const took = Math.round((performance.now() - since) * 1e6);
  return {
    done: true,
    done_reason:
      finishReason === "length" ? "length" : finishReason === "content-filter" ? "content_filter" : "stop",
    total_duration: took,
    load_duration: 0,
    ...(inputTokens === undefined ? {} : { prompt_eval_count: inputTokens }),
    ...(outputTokens === undefined ? {} : { eval_count: outputTokens, eval_duration: took }),
  };
}

/** What the protocol has no field for: wishes that were not kept, and citations. */
export function formatExtras({ warnings, sources }: Pick<ChatResult, "warnings" | "sources">): {
  readonly warnings?: readonly Warning[];
  readonly sources?: readonly Source[];
} {
  return {
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(sources.length === 0 ? {} : { sources }),
  };
}

/** A call with its arguments as an object; any other value is put into one. */
export function formatCall({ id, name, arguments: text }: ToolCall, index: number): object {
  return { id, function: { index, name, arguments: parseArguments(text) } };
}

function parseArguments(text: string): JsonObject {
  if (text.trim() === "") return {};
  try {
    const value = parseJson(text, "the model");
    if (fieldsOf(value) === value) return value as JsonObject;
  } catch {
    // given as it is
  }
  return { arguments: text };
}

/** A whole answer in Ollama's shape. */
export function createAnswer(form: LineForm): AnswerWriter {
  const since = performance.now();
  const opaque = gatherOpaque();
  let finish: FinishPart = { type: "finish", finishReason: "other" };
  return {
    take(part: StreamPart) {
      if (part.type === "finish") finish = part;
      opaque.take(part);
    },
    format(result) {
      const { route, text, reasoning, toolCalls, usage } = result;
      const said = {
        content: text,
        ...(reasoning === "" ? {} : { thinking: reasoning }),
        ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(formatCall) }),
        ...opaque.format(),
      };
      return {
        ...createHead(route),
        ...form(said),
        ...formatEnd(finish, usage, since),
        ...formatExtras(result),
      };
    },
  };
}
