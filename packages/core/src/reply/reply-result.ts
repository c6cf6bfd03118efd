import type {
  FinishPart,
  FinishReason,
  Route,
  Source,
  StreamPart,
  ToolCall,
  Usage,
  Warning,
} from "../contract/contract.ts";

/** A whole answer. */
export interface ChatResult {
  /** The whole text. */
  readonly text: string;
  /** The whole reasoning, empty where the model gave none. */
  readonly reasoning: string;
  /** The calls of tools, in the order of their first delta. */
  readonly toolCalls: readonly ToolCall[];
  /** The pages that the answer names. */
  readonly sources: readonly Source[];
  /** The wishes that were not honoured. */
  readonly warnings: readonly Warning[];
  /** "other" when the consumer left before the end. */
  readonly finishReason: FinishReason;
  /** What the server counted; absent where it counted nothing. */
  readonly usage?: Usage | undefined;
  /** As the server reported it. */
  readonly model?: string | undefined;
  /** Who was asked and who answered. */
  readonly route: Route;
}

/** What a result holds beside what the parts say. */
interface ResultFacts extends Pick<ChatResult, "text" | "reasoning" | "route"> {
  /** Absent where the answer was not read to its end. */
  readonly finish?: FinishPart | undefined;
}

/** Gathers what an answer says beside its text. */
export interface ResultParts {
  /** Takes one part into the result. */
  add(part: StreamPart): void;
  /** The answer so far; without a `finish` the reason is "other". */
  result(facts: ResultFacts): ChatResult;
}

/** No parts yet. */
export function createResultParts(): ResultParts {
  return new GatheredParts();
}

class GatheredParts implements ResultParts {
  // most answers have none of these
  private toolCalls: ToolCall[] | undefined = undefined;
  private sources: Source[] | undefined = undefined;
  private warnings: Warning[] | undefined = undefined;

  add(part: StreamPart): void {
    switch (part.type) {
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

  result({ text, reasoning, route, finish }: ResultFacts): ChatResult {
    const { toolCalls = [], sources = [], warnings = [] } = this;
    return {
      text,
      reasoning,
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
