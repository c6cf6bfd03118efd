import type {
  AssistantMessage,
  FinishPart,
  FinishReason,
  ProviderData,
  ReasoningPart,
  ResponseFacts,
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
  /** The answer as a message, with what its provider wants back: put it into the next request as it is. */
  readonly message: AssistantMessage;
  /** The calls of tools, in the order of their first delta. */
  readonly toolCalls: readonly ToolCall[];
  /** The pages that the answer names. */
  readonly sources: readonly Source[];
  /** The wishes that were not honoured. */
  readonly warnings: readonly Warning[];
  /** "other" when the consumer left before the end. */
  readonly finishReason: FinishReason;
  /** The server's own word for the reason. */
  readonly rawFinishReason?: string | undefined;
  /** What the server counted; absent where it counted nothing. */
  readonly usage?: Usage | undefined;
  /** As the server reported it. */
  readonly model?: string | undefined;
  /** The answer's id and headers. */
  readonly response?: ResponseFacts | undefined;
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

/** Where one thought ends, and what its provider wants back with it. */
interface ThoughtEnd {
  readonly at: number;
  readonly providerData: ProviderData;
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
  private thoughts: ThoughtEnd[] | undefined = undefined;
  private thoughtLength = 0;

  add(part: StreamPart): void {
    switch (part.type) {
      case "reasoning-delta":
        this.thoughtLength += part.delta.length;
        if (part.providerData === undefined) break;
        this.thoughts ??= [];
        this.thoughts.push({ at: this.thoughtLength, providerData: part.providerData });
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

  result({ text, reasoning, route, finish }: ResultFacts): ChatResult {
    const { toolCalls = [], sources = [], warnings = [] } = this;
    return {
      text,
      reasoning,
      message: this.message(text, reasoning, finish?.providerData),
      toolCalls: [...toolCalls],
      sources: [...sources],
      warnings: [...warnings],
      finishReason: finish?.finishReason ?? "other",
      rawFinishReason: finish?.rawFinishReason,
      usage: finish?.usage,
      model: finish?.model,
      response: finish?.response,
      route,
    };
  }

  private message(text: string, reasoning: string, providerData: ProviderData | undefined): AssistantMessage {
    const { toolCalls, thoughts = [] } = this;
    const message: AssistantMessage = { role: "assistant" };
    if (reasoning !== "" || thoughts.length > 0) message.reasoning = cutThoughts(reasoning, thoughts);
    if (text !== "" || toolCalls === undefined) message.content = text;
    if (toolCalls !== undefined) message.toolCalls = toolCalls.map((call) => ({ ...call }));
    if (providerData !== undefined) message.providerData = providerData;
    return message;
  }
}

/** A provider puts what it wants back at the end of a thought. */
function cutThoughts(reasoning: string, ends: readonly ThoughtEnd[]): ReasoningPart[] {
  let start = 0;
  const parts: ReasoningPart[] = ends.map(({ at, providerData }) => {
    const text = reasoning.slice(start, at);
    start = at;
    return { text, providerData };
  });
  const rest = reasoning.slice(start);
  if (rest !== "") parts.push({ text: rest });
  return parts;
}
