import type { FinishReason, StreamPart } from "./contract.ts";
import { ChatError } from "./errors.ts";
import type { ServerSentEvent } from "./sse.ts";

/** What an event of a cumulative stream says: the whole text so far of a message, or that no more will come. */
export type CumulativeState =
  | {
      readonly id: string;
      readonly text: string;
      /** Set once the message is finished. */
      readonly finishReason: FinishReason | undefined;
      readonly model?: string | undefined;
    }
  | { readonly finishReason: FinishReason | undefined };

/** How a server writes a stream each event of which repeats the whole text so far. */
export interface CumulativeFormat {
  /** The request as messages name it: `POST /api/chat`. */
  readonly what: string;
  /** What an event says; `undefined` for one that says nothing about the answer; @throws what ends the answer */
  parse(event: ServerSentEvent): CumulativeState | undefined;
  /** Matches the data of an event up to the id of its message, where that comes first. */
  readonly head: RegExp;
}

type Said = CumulativeState | { readonly error: unknown };

/**
 * The parts of an answer each event of which repeats the whole text so far.
 *
 * Text is compared, never cut by its length; of the states of a message that arrive together only the newest is
 * parsed. @throws `protocol` for text that changes after it was given, `interrupted` or `empty` for an end before
 * a message was finished
 */
export async function* cumulativeParts(
  groups: AsyncIterable<readonly ServerSentEvent[]>,
  format: CumulativeFormat,
): AsyncGenerator<StreamPart> {
  const given = new Map<string, string>();
  let finishReason: FinishReason | undefined;
  let model: string | undefined;

  reading: for await (const group of groups) {
    for (const said of newestStates(group, format)) {
      if ("error" in said) throw said.error;
      if (!("text" in said)) {
        finishReason = said.finishReason ?? finishReason;
        break reading;
      }
      const { id, text } = said;
      const before = given.get(id) ?? "";
      if (!text.startsWith(before)) {
        throw new ChatError("protocol", `${format.what} changed text that it had sent, expected it to grow`);
      }
      ({ finishReason, model } = said);
      // blank text is held back: until there is more, the server may start over
      if (text === before || text.trim() === "") continue;
      given.set(id, text);
      yield { type: "text-delta", delta: text.slice(before.length) };
    }
  }

  if (finishReason === undefined) {
    const code = given.size === 0 ? "empty" : "interrupted";
    throw new ChatError(code, `${format.what} ended before a message was finished`);
  }
  yield { type: "finish", finishReason, model };
}

/** What a group of events says, without the states of a message that a newer one repeats. */
function newestStates(group: readonly ServerSentEvent[], format: CumulativeFormat): readonly Said[] {
  let states: Said[] = [];
  let heads: string[] = [];
  for (const event of group.toReversed()) {
    if (heads.some((head) => event.data.startsWith(head))) continue;
    const said = parseState(event, format);
    if (said === undefined) continue;
    const head = format.head.exec(event.data)?.[0];
    // what follows an end does not count, so it cannot stand for what came before
    if (!("text" in said)) [states, heads] = [[], []];
    else if (head !== undefined) heads.push(head);
    states.push(said);
  }
  return states.reverse();
}

function parseState(event: ServerSentEvent, format: CumulativeFormat): Said | undefined {
  try {
    return format.parse(event);
  } catch (error) {
    return { error };
  }
}
