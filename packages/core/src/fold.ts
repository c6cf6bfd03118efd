import type { ChatResult } from "./chat.ts";
import type { FinishPart, Route, Source, StreamPart, ToolCall, Warning } from "./contract.ts";
import { type GatheredText, gatherText } from "./gathered-text.ts";

/** Gathers the parts of a stream into one answer. */
export interface Fold {
  add(part: Exclude<StreamPart, FinishPart>): void;
  /** What was gathered; without a `finish` the reason is "other". */
  result(route: Route, finish?: FinishPart): ChatResult;
}

/** An empty fold. */
export function createFold(): Fold {
  const text = gatherText();
  /** Most answers have none. */
  let reasoning: GatheredText | undefined;
  const toolCalls: ToolCall[] = [];
  const sources: Source[] = [];
  const warnings: Warning[] = [];
  return {
    add(part) {
      switch (part.type) {
        case "text-delta":
          text.add(part.delta);
          break;
        case "reasoning-delta":
          reasoning ??= gatherText();
          reasoning.add(part.delta);
          break;
        case "tool-call": {
          const { type: _, ...toolCall } = part;
          toolCalls.push(toolCall);
          break;
        }
        case "source": {
          const { type: _, ...source } = part;
          sources.push(source);
          break;
        }
        case "warning": {
          const { type: _, ...warning } = part;
          warnings.push(warning);
          break;
        }
      }
    },
    result(route, finish) {
      return {
        text: text.read(),
        reasoning: reasoning?.read() ?? "",
        toolCalls: [...toolCalls],
        sources: [...sources],
        warnings: [...warnings],
        finishReason: finish?.finishReason ?? "other",
        usage: finish?.usage,
        model: finish?.model,
        route,
      };
    },
  };
}
