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

/** An intake for one call, which may give `maxLength` characters in all. */
export function createIntake(maxLength: number, reasoningOnly: boolean): Intake {
  const channels = { "text-delta": createChannel(), "reasoning-delta": createChannel() };
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

  function takeDelta(part: TextDelta): StreamPart | undefined {
    count(requireText(part.delta, "delta"));
    const delta = channels[part.type].add(part.delta);
    if (delta === "") return undefined;
    const whole = delta === part.delta ? part : { type: part.type, delta };
    if (contents > 0 || !channels[part.type].blank()) return commit(whole);
    return hold(whole, delta.length);
  }

  return {
    contents: () => contents,

    take(part) {
      switch (part.type) {
        case "text-delta":
        case "reasoning-delta":
          return takeDelta(part);
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
      const answered = called || !channels["text-delta"].blank();
      if (finish === undefined) {
        if (contents > 0) throw new ChatError("interrupted", "the answer ended without its end marker");
        throw new ChatError("empty", "the stream ended with nothing in it");
      }
      if (!FINISH_REASONS.includes(finish.finishReason)) {
        const problem = `stream() finished with the reason ${quote(String(finish.finishReason))}`;
        throw new ChatError("contract", `${problem}, expected one of ${FINISH_REASONS.join(", ")}`);
      }
      if (answered || (reasoningOnly && contents > 0)) {
        for (const type of ["reasoning-delta", "text-delta"] as const) {
          const delta = channels[type].end();
          if (delta !== "") held.push({ type, delta });
        }
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
        text: channels["text-delta"].text.read(),
        reasoning: channels["reasoning-delta"].text.read(),
        toolCalls: [...toolCalls],
      };
    },
  };
}

interface Channel {
  readonly text: GatheredText;
  blank(): boolean;
  /** The delta with every surrogate pair whole: half of one waits for the other half. */
  add(delta: string): string;
  /** What stands for half a pair whose other half never came. */
  end(): string;
}

function createChannel(): Channel {
  const text = gatherText();
  let blank = true;
  let half = "";
  return {
    text,
    blank: () => blank,
    add(delta) {
      let whole = half === "" ? delta : half + delta;
      half = "";
      if ((whole.charCodeAt(whole.length - 1) & 0xfc00) === 0xd800) {
        half = whole.slice(-1);
        whole = whole.slice(0, -1);
      }
      text.add(whole);
      if (blank && whole.trim() !== "") blank = false;
      return whole;
    },
    end() {
      return half === "" ? "" : "\uFFFD";
    },
  };
}

function requireText(value: unknown, field: string): string {
  if (typeof value === "string") return value;
  throw new ChatError(
    "contract",
    `stream() gave a part whose \`${field}\` is ${typeof value}, expected a string`,
  );
}
