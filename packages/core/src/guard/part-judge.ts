import type { FinishPart, FinishReason, StreamPart, ToolCall } from "../contract/contract.ts";
import { HELD_CHARACTERS, HELD_PARTS } from "../contract/defaults.ts";
import { ChatError, type PartialReply } from "../errors/chat-error.ts";
import { quote } from "../errors/redact.ts";
import { type GatheredText, gatherText } from "../reply/gathered-text.ts";

/** Judges the parts of one stream as they come. */
export interface Intake {
  /** How many parts with content have come: from the first on, the provider really answers. */
  contents(): number;
  /** The part to hand on, or `undefined` for one that is held back or has nothing in it. */
  take(part: Exclude<StreamPart, FinishPart>): StreamPart | undefined;
  /** What was held back, in order; empty the second time. */
  release(): readonly StreamPart[];
  /** Why an answer that ends so is none; @throws `empty`, `content-filter` or `interrupted` */
  checkEnd(finish: FinishPart | undefined): void;
  partial(): PartialReply;
}

type TextDelta = Extract<StreamPart, { readonly type: "text-delta" | "reasoning-delta" }>;

const FINISH_REASONS: readonly FinishReason[] = ["stop", "length", "content-filter", "tool-calls", "other"];
const NOTHING: readonly StreamPart[] = [];
const LONE_HALF = "\uFFFD";

/** An intake for one call, which may give `maxLength` characters in all. */
export function createIntake(maxLength: number, reasoningOnly: boolean): Intake {
  return new PartIntake(maxLength, reasoningOnly);
}

class PartIntake implements Intake {
  private readonly maxLength: number;
  private readonly reasoningOnly: boolean;
  private readonly text = new Channel();
  // most answers have none of these
  private reasoning: Channel | undefined = undefined;
  private toolCalls: ToolCall[] | undefined = undefined;
  private held: StreamPart[] | undefined = undefined;
  private heldLength = 0;
  private length = 0;
  private count = 0;
  private called = false;

  constructor(maxLength: number, reasoningOnly: boolean) {
    this.maxLength = maxLength;
    this.reasoningOnly = reasoningOnly;
  }

  contents(): number {
    return this.count;
  }

  take(part: Exclude<StreamPart, FinishPart>): StreamPart | undefined {
    switch (part.type) {
      case "text-delta":
        return this.takeDelta(part, this.text);
      case "reasoning-delta":
        this.reasoning ??= new Channel();
        return this.takeDelta(part, this.reasoning);
      case "tool-call-delta":
        requireText(part.id, "id");
        this.measure(requireText(part.delta, "delta"));
        if (part.delta !== "") {
          this.called = true;
          return this.commit(part);
        }
        break;
      case "tool-call":
        this.toolCalls ??= [];
        this.toolCalls.push({
          id: requireText(part.id, "id"),
          name: requireText(part.name, "name"),
          arguments: requireText(part.arguments, "arguments"),
        });
        this.called = true;
        return this.commit(part);
      case "source":
      case "warning":
        break;
      default:
        throw new ChatError(
          "contract",
          `stream() gave a part of type ${quote(String((part as StreamPart).type))}`,
        );
    }
    return this.count > 0 ? part : this.hold(part, JSON.stringify(part).length);
  }

  release(): readonly StreamPart[] {
    const parts = this.held ?? NOTHING;
    this.held = undefined;
    return parts;
  }

  checkEnd(finish: FinishPart | undefined): void {
    const { count, text, reasoning } = this;
    if (finish === undefined) {
      if (count > 0) throw new ChatError("interrupted", "the answer ended without its end marker");
      throw new ChatError("empty", "the stream ended with nothing in it");
    }
    if (!FINISH_REASONS.includes(finish.finishReason)) {
      const problem = `stream() finished with the reason ${quote(String(finish.finishReason))}`;
      throw new ChatError("contract", `${problem}, expected one of ${FINISH_REASONS.join(", ")}`);
    }
    if (this.called || !text.blank || (this.reasoningOnly && count > 0)) {
      // what stands for half a pair whose other half never came
      if (reasoning !== undefined && reasoning.half !== "")
        this.keep({ type: "reasoning-delta", delta: LONE_HALF });
      if (text.half !== "") this.keep({ type: "text-delta", delta: LONE_HALF });
      return;
    }
    if (finish.finishReason === "content-filter") {
      throw new ChatError("content-filter", "the provider refused to answer");
    }
    throw new ChatError(
      "empty",
      `the answer ended ${count > 0 ? "after reasoning, without any text" : "without any text"}`,
    );
  }

  partial(): PartialReply {
    return {
      text: this.text.gathered.read(),
      reasoning: this.reasoning?.gathered.read() ?? "",
      toolCalls: [...(this.toolCalls ?? [])],
    };
  }

  private takeDelta(part: TextDelta, channel: Channel): StreamPart | undefined {
    this.measure(requireText(part.delta, "delta"));
    const delta = channel.add(part.delta);
    if (delta === "") return undefined;
    const whole = delta === part.delta ? part : { type: part.type, delta };
    return this.count > 0 || !channel.blank ? this.commit(whole) : this.hold(whole, delta.length);
  }

  private measure(text: string): void {
    this.length += text.length;
    if (this.length <= this.maxLength) return;
    throw new ChatError("limit", `the answer is longer than ${this.maxLength} characters`);
  }

  private commit(part: StreamPart): StreamPart {
    this.count++;
    return part;
  }

  private hold(part: StreamPart, characters: number): undefined {
    this.heldLength += characters;
    if (this.keep(part) > HELD_PARTS || this.heldLength > HELD_CHARACTERS) {
      throw new ChatError("limit", `more than ${HELD_PARTS} parts came before the first content`);
    }
  }

  /** Keeps a part until `release`; gives how many are kept. */
  private keep(part: StreamPart): number {
    this.held ??= [];
    return this.held.push(part);
  }
}

/** The text of one kind that has come. */
class Channel {
  readonly gathered: GatheredText = gatherText();
  blank = true;
  /** Half of a surrogate pair, which waits for the other half. */
  half = "";

  /** Adds a delta, and gives it with every surrogate pair whole. */
  add(delta: string): string {
    let whole = this.half === "" ? delta : this.half + delta;
    this.half = "";
    if ((whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800) {
      this.half = whole.slice(-1);
      whole = whole.slice(0, -1);
    }
    this.gathered.add(whole);
    if (this.blank && whole.trim() !== "") this.blank = false;
    return whole;
  }
}

function requireText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new ChatError(
    "contract",
    `stream() gave a part whose \`${field}\` is ${typeof value}, expected a string`,
  );
}
