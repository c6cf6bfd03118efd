import type { ChatMessage, JsonObject } from "../contract/contract.ts";
import { mergeFields } from "./merge-fields.ts";

/** Neighbours with the same role as one message of the wire. */
export interface Turn {
  /** "user", or what the protocol calls the other side. */
  readonly role: string;
  /** What both say, in order. */
  readonly blocks: readonly JsonObject[];
}

/** A message of the conversation itself. */
export type TurnMessage = Exclude<ChatMessage, { readonly role: "system" }>;

/**
 * The conversation in turns, as protocols have it that call one side "user" and the other `assistantRole`.
 *
 * The results of calls that were made at once stand in one turn. A message without blocks is left out. The extra
 * fields of a message stand on its last block: a mark counts for all that stands before it.
 */
export function turnsOf(
  messages: readonly ChatMessage[],
  assistantRole: string,
  format: (message: TurnMessage) => readonly JsonObject[],
): readonly Turn[] {
  const turns: { readonly role: string; readonly blocks: JsonObject[] }[] = [];
  for (const message of messages) {
    if (message.role === "system") continue;
    const role = message.role === "assistant" ? assistantRole : "user";
    const blocks = [...format(message)];
    const end = blocks.pop();
    if (end === undefined) continue;
    blocks.push(mergeFields(message.extraFields, end));
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks });
  }
  return turns;
}
