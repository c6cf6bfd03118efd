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
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  readonly sources: readonly Source[];
  readonly warnings: readonly Warning[];
  /** "other" when the consumer left before the end. */
  readonly finishReason: FinishReason;
  readonly usage?: Usage | undefined;
  /** As the server reported it. */
  readonly model?: string | undefined;
  readonly route: Route;
}

/** What a result holds beside what the parts say. */
interface ResultFacts extends Pick<ChatResult, "text" | "reasoning" | "route"> {
  /** Absent where the answer was not read to its end. */
  readonly finish?: FinishPart | undefined;
}

/** Gathers what an answer says beside its text. */
export interface ResultParts {
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
