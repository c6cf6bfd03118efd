import type { FinishPart, JsonObject, JsonValue, StreamPart, Usage, Warning } from "@fallthrough/core";
import { parseJson } from "@fallthrough/core/provider";
import { type Answerer, type AnswerWriter, formatReference } from "../dialect.ts";
import { createBlocks } from "./blocks.ts";

const STOP_REASONS: Readonly<Record<FinishPart["finishReason"], string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  other: "end_turn",
};
/** Anthropic's own words, which say more than ours. */
const OWN_REASONS: readonly string[] = [
  "end_turn",
  "max_tokens",
  "stop_sequence",
  "tool_use",
  "pause_turn",
  "refusal",
  "model_context_window_exceeded",
];

/** Token counts in Anthropic's shape. */
export interface MessageUsage {
  /** Those that came from no cache; 0 where the server sent none, because clients want a number. */
  readonly input_tokens: number;
  /** Those of the answer; 0 where the server sent none. */
  readonly output_tokens: number;
  /** Those that the server had in a cache. */
  readonly cache_read_input_tokens?: number;
  /** Those that the model spent on thinking. */
  readonly output_tokens_details?: {
    /** Their number. */
    readonly thinking_tokens: number;
  };
}

/** Why an answer ended, in Anthropic's words. */
export interface MessageEnd {
  /** Why the model stopped. */
  readonly stop_reason: string;
  /** The text that it stopped at, which no provider reports. */
  readonly stop_sequence: null;
}

/** The head of a new message, before its end is known. */
export function createHead(answerer: Answerer): JsonObject {
  const id = `msg_${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, type: "message", role: "assistant", model: formatReference(answerer) };
}

/** Why an answer ended. */
export function formatEnd({ finishReason, rawFinishReason = "" }: FinishPart): MessageEnd {
  const own = OWN_REASONS.includes(rawFinishReason);
  return { stop_reason: own ? rawFinishReason : STOP_REASONS[finishReason], stop_sequence: null };
}

/** Token counts in Anthropic's shape, which counts cached tokens apart. */
export function formatUsage({
  inputTokens = 0,
  outputTokens = 0,
  cachedInputTokens,
  reasoningTokens,
}: Usage = {}): MessageUsage {
  return {
    input_tokens: Math.max(0, inputTokens - (cachedInputTokens ?? 0)),
    output_tokens: outputTokens,
    ...(cachedInputTokens === undefined ? {} : { cache_read_input_tokens: cachedInputTokens }),
    ...(reasoningTokens === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  };
}

/** What was asked and not done, as a field beside those of the protocol. */
export function formatWarnings(warnings: readonly Warning[]): { readonly warnings?: readonly Warning[] } {
  return warnings.length === 0 ? {} : { warnings };
}

type Open = { [name: string]: JsonValue };

/** A whole answer in Anthropic's shape; `own` is what the gateway left out itself. */
export function createAnswer(own: readonly Warning[]): AnswerWriter {
  const content: Open[] = [];
  const misfits: Warning[] = [];
  let finish: FinishPart | undefined;
  /** The pieces of the open block. */
  let text = "";
  let citations: JsonObject[] = [];

  const blocks = createBlocks({
    open(block) {
      content.push({ ...block } as Open);
      text = "";
      citations = [];
    },
    addText: addPiece,
    addThought: addPiece,
    addArguments: addPiece,
    addCitation(citation) {
      citations.push(citation);
    },
    close(signature, isCut) {
      const block = content.at(-1) as Open;
      switch (block["type"]) {
        case "text":
          Object.assign(block, { text, ...(citations.length === 0 ? {} : { citations }) });
          break;
        case "thinking":
          Object.assign(block, { thinking: text, signature });
          break;
        case "tool_use":
          // what the model had to say of it is not known
          if (isCut) content.pop();
          else block["input"] = parseInput(`${block["name"]}`, text);
      }
    },
  });

  function addPiece(piece: string): void {
    text += piece;
  }

  /** The arguments as the object that clients expect; any other value is put into one. */
  function parseInput(name: string, given: string): JsonObject {
    if (given.trim() === "") return {};
    try {
      const value = parseJson(given, "the model");
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
    } catch {
      // written below
    }
    const problem = `the model called \`${name}\` with arguments that are no JSON object, so they are given as text`;
    misfits.push({ code: "adjusted", message: problem });
    return { arguments: given };
  }

  return {
    take(part: StreamPart) {
      if (part.type === "finish") finish = part;
      blocks.take(part);
    },
    format: ({ route, usage, warnings }) => ({
      ...createHead(route),
      content,
      ...formatEnd(finish ?? { type: "finish", finishReason: "other" }),
      usage: formatUsage(usage),
      ...formatWarnings([...own, ...warnings, ...misfits]),
    }),
  };
}
