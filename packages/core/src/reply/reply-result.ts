import type { FinishPart, Route, Source, StreamPart, ToolCall, Warning } from "../contract/contract.ts";
import type { ChatResult } from "./chat.ts";
import { type GatheredText, gatherText } from "./gathered-text.ts";

/** Gathers the parts of a stream into one answer. */
export interface Fold {
  add(part: Exclude<StreamPart, FinishPart>): void;
  /** What was gathered; without a `finish` the reason is "other". */
  result(route: Route, finish?: FinishPart): ChatResult;
}

/** An empty fold. */
export function createFold(): Fold {
  return new Folded();
}

class Folded implements Fold {
  private readonly text = gatherText();
  // most answers have none of these
  private reasoning: GatheredText | undefined = undefined;
  private toolCalls: ToolCall[] | undefined = undefined;
  private sources: Source[] | undefined = undefined;
  private warnings: Warning[] | undefined = undefined;

  add(part: Exclude<StreamPart, FinishPart>): void {
    switch (part.type) {
      case "text-delta":
        this.text.add(part.delta);
        break;
      case "reasoning-delta":
        this.reasoning ??= gatherText();
        this.reasoning.add(part.delta);
        break;
      case "tool-call": {
        const { type: _, ...toolCall } = part;
        this.toolCalls ??= [];
        this.toolCalls.push(toolCall);
        break;
      }
      case "source": {
        const { type: _, ...source } = part;
        this.sources ??= [];
        this.sources.push(source);
        break;
      }
      case "warning": {
        const { type: _, ...warning } = part;
        this.warnings ??= [];
        this.warnings.push(warning);
        break;
      }
    }
  }

  result(route: Route, finish?: FinishPart): ChatResult {
    const { text, reasoning, toolCalls = [], sources = [], warnings = [] } = this;
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
  }
}
