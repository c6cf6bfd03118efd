import type { FinishReason, StreamPart } from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";
import { partLists } from "./part-lists.ts";
import type { ServerSentEvent } from "./sse.ts";
import { createFrame } from "./text-frame.ts";

/** What an event of a cumulative stream says: the whole text so far of a message, or that no more will come. */
export type CumulativeState =
  | {
      /** Names the answer where events of several come mixed. */
      readonly id: string;
      /** The whole text so far. */
      readonly text: string;
      /** Set once the message is finished. */
      readonly finishReason: FinishReason | undefined;
      /** The model that the server reports. */
      readonly model?: string | undefined;
    }
  | {
      /** Why the answer ended, in its last state. */
      readonly finishReason: FinishReason | undefined;
    };

/** How a server writes a stream each event of which repeats the whole text so far. */
export interface CumulativeFormat {
  /** The request as messages name it: `POST /api/chat`. */
  readonly what: string;
  /** What an event says; `undefined` for one that says nothing about the answer; @throws what ends the answer */
  parse(event: ServerSentEvent): CumulativeState | undefined;
  /** Matches the data of an event up to the id of its message, where that comes first. */
  readonly head: RegExp;
}

/** The name of an event that has none. */
const MESSAGE = "message";

/** `added` is what the text has beyond `base`, where only that was parsed. */
type TextState = Extract<CumulativeState, { readonly text: string }> & {
  readonly base?: string;
  readonly added?: string;
};
type Said = TextState | Exclude<CumulativeState, TextState> | { readonly error: unknown };

/**
 * The parts of an answer each event of which repeats the whole text so far.
 *
 * Text is compared, never cut by its length; of the states of a message that arrive together only the newest is
 * parsed, and of that only what is new. Fails with `protocol` for text that changes after it was given, `interrupted`
 * or `empty` for an end before a message was finished. `before` are parts that are known before the answer.
 */
export function cumulativeParts(
  groups: AsyncIterable<readonly ServerSentEvent[]>,
  format: CumulativeFormat,
  before?: readonly StreamPart[],
): AsyncIterable<StreamPart> {
  const newestStates = createStateReader(format);
  const given = new Map<string, string>();
  let finishReason: FinishReason | undefined;
  let model: string | undefined;

  function end(parts: StreamPart[]): true {
    if (finishReason === undefined) {
      const code = given.size === 0 ? "empty" : "interrupted";
      throw new ChatError(code, `${format.what} ended before a message was finished`);
    }
    parts.push({ type: "finish", finishReason, model });
    return true;
  }

  /** What the text has beyond what was given of its message. */
  function newText({ id, text, base, added }: TextState): string {
    const before = given.get(id) ?? "";
    if (added !== undefined && base === before) return added;
    // compared as slices: V8 compares those as memory, and `startsWith` character by character
    if (text.slice(0, before.length) === before) return text.slice(before.length);
    throw new ChatError("protocol", `${format.what} changed text that it had sent, expected it to grow`);
  }

  function readGroup(group: readonly ServerSentEvent[] | undefined, parts: StreamPart[]): boolean {
    for (const said of group === undefined ? [] : newestStates(group)) {
      if ("error" in said) throw said.error;
      if (!("text" in said)) {
        finishReason = said.finishReason ?? finishReason;
        return end(parts);
      }
      const delta = newText(said);
      ({ finishReason, model } = said);
      // blank text is held back: until there is more, the server may start over
      if (delta === "" || (!given.has(said.id) && said.text.trim() === "")) continue;
      given.set(said.id, said.text);
      parts.push({ type: "text-delta", delta });
    }
    return group === undefined && end(parts);
  }

  return partLists(() => ({ groups, read: readGroup, before }));
}

/** Reads what a group of events says, without the states of a message that a newer one repeats. */
function createStateReader(format: CumulativeFormat): (group: readonly ServerSentEvent[]) => readonly Said[] {
  const frame = createFrame({
    cumulative: true,
    textOf(data) {
      const said = parse({ event: MESSAGE, data });
      return said !== undefined && isGrowing(said) ? said.text : undefined;
    },
  });
  /** The state that the frame has come to. */
  let framed: TextState | undefined;

  function parse(event: ServerSentEvent): Said | undefined {
    try {
      return format.parse(event);
    } catch (error) {
      return { error };
    }
  }

  function parseNew({ event, data }: ServerSentEvent): Said | undefined {
    const added = framed !== undefined && event === MESSAGE ? frame.read(data) : undefined;
    if (framed === undefined || added === undefined) return undefined;
    const base = framed.text;
    framed = { ...framed, text: base + added };
    return { ...framed, base, added };
  }

  return (group) => {
    let states: Said[] = [];
    let heads: string[] = [];
    let pattern: (() => void) | undefined;
    for (const event of group.toReversed()) {
      const { data } = event;
      if (heads.some((head) => data.startsWith(head))) continue;
      const grown = states.length === 0 ? parseNew(event) : undefined;
      const said = grown ?? parse(event);
      if (said === undefined) continue;
      const head = format.head.exec(data)?.[0];
      // what follows an end does not count, so it cannot replace what came before
      if (!("text" in said)) [states, heads] = [[], []];
      else if (head !== undefined) heads.push(head);
      if (states.length === 0 && grown === undefined && event.event === MESSAGE && isGrowing(said)) {
        pattern = () => {
          framed = said;
          frame.learn(data, said.text);
        };
      }
      states.push(said);
    }
    pattern?.();
    return states.reverse();
  };
}

function isGrowing(said: Said): said is TextState {
  return "text" in said && said.finishReason === undefined && said.text.trim() !== "";
}
