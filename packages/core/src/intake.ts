import type { FinishPart, FinishReason, StreamPart, ToolCall } from "./contract.ts";
import { HELD_CHARACTERS, HELD_PARTS } from "./defaults.ts";
import { ChatError, type PartialReply } from "./errors.ts";
import { type GatheredText, gatherText } from "./gathered-text.ts";
import { quote } from "./redact.ts";

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
  const text = createChannel();
  /** Most answers have none. */
  let reasoning: Channel | undefined;
  const toolCalls: ToolCall[] = [];
  let held: StreamPart[] = [];
  let heldLength = 0;
  let length = 0;
  let contents = 0;
  let called = false;

  function count(text: string): void {
    length += text.length;
    if (length > maxLength) throw new ChatError("limit", `the answer is longer than ${maxLength} characters`);
  }

  function hold(part: StreamPart, characters: number): undefined {
    heldLength += characters;
    held.push(part);
    if (held.length > HELD_PARTS || heldLength > HELD_CHARACTERS) {
      throw new ChatError("limit", `more than ${HELD_PARTS} parts came before the first content`);
    }
  }

  function commit(part: StreamPart): StreamPart {
    contents++;
    return part;
  }

  function takeDelta(part: TextDelta, channel: Channel): StreamPart | undefined {
    count(requireText(part.delta, "delta"));
    const delta = addDelta(channel, part.delta);
    if (delta === "") return undefined;
    const whole = delta === part.delta ? part : { type: part.type, delta };
    return contents > 0 || !channel.blank ? commit(whole) : hold(whole, delta.length);
  }

  return {
    contents: () => contents,

    take(part) {
      switch (part.type) {
        case "text-delta":
          return takeDelta(part, text);
        case "reasoning-delta":
          reasoning ??= createChannel();
          return takeDelta(part, reasoning);
        case "tool-call-delta":
          requireText(part.id, "id");
          count(requireText(part.delta, "delta"));
          if (part.delta !== "") {
            called = true;
            return commit(part);
          }
          break;
        case "tool-call":
          toolCalls.push({
            id: requireText(part.id, "id"),
            name: requireText(part.name, "name"),
            arguments: requireText(part.arguments, "arguments"),
          });
          called = true;
          return commit(part);
        case "source":
        case "warning":
          break;
        default:
          throw new ChatError(
            "contract",
            `stream() gave a part of type ${quote(String((part as StreamPart).type))}`,
          );
      }
      return contents > 0 ? part : hold(part, JSON.stringify(part).length);
    },

    release() {
      if (held.length === 0) return NOTHING;
      const parts = held;
      held = [];
      return parts;
    },

    checkEnd(finish) {
      const answered = called || !text.blank;
      if (finish === undefined) {
        if (contents > 0) throw new ChatError("interrupted", "the answer ended without its end marker");
        throw new ChatError("empty", "the stream ended with nothing in it");
      }
      if (!FINISH_REASONS.includes(finish.finishReason)) {
        const problem = `stream() finished with the reason ${quote(String(finish.finishReason))}`;
        throw new ChatError("contract", `${problem}, expected one of ${FINISH_REASONS.join(", ")}`);
      }
      if (answered || (reasoningOnly && contents > 0)) {
        // what stands for half a pair whose other half never came
        if (reasoning !== undefined && reasoning.half !== "")
          held.push({ type: "reasoning-delta", delta: LONE_HALF });
        if (text.half !== "") held.push({ type: "text-delta", delta: LONE_HALF });
        return;
      }
      if (finish.finishReason === "content-filter") {
        throw new ChatError("content-filter", "the provider refused to answer");
      }
      throw new ChatError(
        "empty",
        `the answer ended ${contents > 0 ? "after reasoning, without any text" : "without any text"}`,
      );
    },

    partial() {
      return {
        text: text.gathered.read(),
        reasoning: reasoning?.gathered.read() ?? "",
        toolCalls: [...toolCalls],
      };
    },
  };
}

/** The text of one kind that has come. */
interface Channel {
  readonly gathered: GatheredText;
  blank: boolean;
  /** Half of a surrogate pair, which waits for the other half. */
  half: string;
}

function createChannel(): Channel {
  return { gathered: gatherText(), blank: true, half: "" };
}

/** Adds a delta, and gives it with every surrogate pair whole. */
function addDelta(channel: Channel, delta: string): string {
  let whole = channel.half === "" ? delta : channel.half + delta;
  channel.half = "";
  if ((whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800) {
    channel.half = whole.slice(-1);
    whole = whole.slice(0, -1);
  }
  channel.gathered.add(whole);
  if (channel.blank && whole.trim() !== "") channel.blank = false;
  return whole;
}

function requireText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new ChatError(
    "contract",
    `stream() gave a part whose \`${field}\` is ${typeof value}, expected a string`,
  );
}
