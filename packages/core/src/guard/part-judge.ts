import type { FinishPart, FinishReason, StreamPart, ToolCall } from "../contract/contract.ts";
import { HELD_CHARACTERS, HELD_PARTS } from "../contract/defaults.ts";
import { ChatError, type PartialReply } from "../errors/chat-error.ts";
import { type GatheredText, gatherText } from "../reply/gathered-text.ts";

/** Judges the parts of one stream as they come, and keeps their text. */
export interface Intake {
  /** How many parts with content have come: from the first on, the provider really answers. */
  contents(): number;
  /** Adds what is to be handed on now; nothing for a part that is held back or has nothing in it. */
  take(part: Exclude<StreamPart, FinishPart>, given: StreamPart[]): void;
  /** Adds what was held back, in order. */
  release(given: StreamPart[]): void;
  /** The finish to hand on; @throws `empty`, `content-filter` or `interrupted` for an end that makes no answer */
  checkEnd(finish: FinishPart | undefined): FinishPart;
  /** The text so far. */
  text(): string;
  /** The reasoning so far. */
  reasoning(): string;
  /** What has come, for the error of a call that goes no further. */
  partial(): PartialReply;
}

type TextDelta = Extract<StreamPart, { readonly type: "text-delta" | "reasoning-delta" }>;

const FINISH_REASONS: readonly FinishReason[] = ["stop", "length", "content-filter", "tool-calls", "other"];
const LONE_HALF = "\uFFFD";

/** An intake for one call, which may give `maxLength` characters in all. */
export function createIntake(maxLength: number, reasoningOnly: boolean, emptyAllowed = false): Intake {
  return new PartIntake(maxLength, reasoningOnly, emptyAllowed);
}

class PartIntake implements Intake {
  private readonly maxLength: number;
  private readonly reasoningOnly: boolean;
  private readonly emptyAllowed: boolean;
  private readonly said = new Channel();
  // most answers have none of these
  private thought: Channel | undefined = undefined;
  private toolCalls: ToolCall[] | undefined = undefined;
  private held: StreamPart[] | undefined = undefined;
  private heldLength = 0;
  private length = 0;
  private count = 0;
  private called = false;

  constructor(maxLength: number, reasoningOnly: boolean, emptyAllowed: boolean) {
    this.maxLength = maxLength;
    this.reasoningOnly = reasoningOnly;
    this.emptyAllowed = emptyAllowed;
  }

  contents(): number {
    return this.count;
  }

  take(part: Exclude<StreamPart, FinishPart>, given: StreamPart[]): void {
    switch (part.type) {
      case "text-delta":
        this.takeDelta(part, this.said, given);
        return;
      case "reasoning-delta":
        this.thought ??= new Channel();
        this.takeDelta(part, this.thought, given);
        return;
      case "tool-call-delta":
        requireText(part.id, "id");
        this.measure(requireText(part.delta, "delta"));
        if (part.delta === "") break;
        this.called = true;
        this.commit(part, given);
        return;
      case "tool-call": {
        const { type: _, ...call } = part;
        requireText(part.id, "id");
        requireText(part.name, "name");
        requireText(part.arguments, "arguments");
        this.toolCalls ??= [];
        this.toolCalls.push(call);
        this.called = true;
        this.commit(part, given);
        return;
      }
      default:
        // a later minor of the contract may know more types, and whoever iterates the parts, too
        requireText((part as { readonly type: unknown }).type, "type");
    }
    this.pass(part, given);
  }

  release(given: StreamPart[]): void {
    if (this.held !== undefined) given.push(...this.held);
    this.held = undefined;
  }

  checkEnd(finish: FinishPart | undefined): FinishPart {
    const { count, said, thought } = this;
    if (finish === undefined) {
      if (count > 0) throw new ChatError("interrupted", "the answer ended without its end marker");
      throw new ChatError("empty", "the stream ended with nothing in it");
    }
    const known = knownFinish(finish);
    // an answer that the limit cut short is one, whatever it had come to
    const spent = known.finishReason === "length";
    if (spent || this.called || !said.blank || (this.reasoningOnly && count > 0)) {
      // the replacement of half a pair whose other half never came
      if (thought?.end()) this.keep({ type: "reasoning-delta", delta: LONE_HALF });
      if (said.end()) this.keep({ type: "text-delta", delta: LONE_HALF });
      return known;
    }
    if (known.finishReason === "content-filter") {
      throw new ChatError("content-filter", "the provider refused to answer");
    }
    if (this.emptyAllowed) return known;
    throw new ChatError(
      "empty",
      `the answer ended ${count > 0 ? "after reasoning, without any text" : "without any text"}`,
    );
  }

  text(): string {
    return this.said.gathered.read();
  }

  reasoning(): string {
    return this.thought?.gathered.read() ?? "";
  }

  partial(): PartialReply {
    return { text: this.text(), reasoning: this.reasoning(), toolCalls: [...(this.toolCalls ?? [])] };
  }

  private takeDelta(part: TextDelta, channel: Channel, given: StreamPart[]): void {
    this.measure(requireText(part.delta, "delta"));
    const delta = channel.add(part.delta);
    const whole = delta === part.delta ? part : { ...part, delta };
    if (delta === "") {
      // a signature comes with no text of its own
      if ("providerData" in part) this.pass(whole, given);
      return;
    }
    if (this.count > 0 || !channel.blank) this.commit(whole, given);
    else this.hold(whole, delta.length);
  }

  private measure(text: string): void {
    this.length += text.length;
    if (this.length <= this.maxLength) return;
    throw new ChatError("limit", `the answer is longer than ${this.maxLength} characters`);
  }

  private commit(part: StreamPart, given: StreamPart[]): void {
    this.count++;
    this.release(given);
    given.push(part);
  }

  /** Hands on what is no content, once there is content. */
  private pass(part: StreamPart, given: StreamPart[]): void {
    if (this.count > 0) given.push(part);
    else this.hold(part, lengthOf(part));
  }

  private hold(part: StreamPart, characters: number): void {
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

  /** Ends the text; returns whether half a pair is left, which a replacement character takes the place of. */
  end(): boolean {
    if (this.half === "") return false;
    this.half = "";
    this.gathered.add(LONE_HALF);
    return true;
  }
}

/** A reason that only a later minor of the contract knows becomes "other", with its word kept. */
function knownFinish(finish: FinishPart): FinishPart {
  const reason: string = requireText(finish.finishReason, "finishReason");
  if (FINISH_REASONS.includes(reason as FinishReason)) return finish;
  return { ...finish, finishReason: "other", rawFinishReason: finish.rawFinishReason ?? reason };
}

/** How much a part holds that is kept; one that cannot be written as text counts as one part only. */
function lengthOf(part: StreamPart): number {
  try {
    return JSON.stringify(part)?.length ?? 0;
  } catch {
    return 0;
  }
}

function requireText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new ChatError(
    "contract",
    `stream() gave a part whose \`${field}\` is ${typeof value}, expected a string`,
  );
}
