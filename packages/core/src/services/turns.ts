import type { ChatMessage, JsonObject, ToolCall, ToolMessage } from "../contract/contract.ts";
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
 * The results of calls that were made at once share one turn. A message without blocks is left out. The extra
 * fields of a message go on its last block: a mark counts for everything before it.
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
    const blocks = blocksOf(message, format);
    if (blocks.length === 0) continue;
    const last = turns.at(-1);
    if (last?.role === role) last.blocks.push(...blocks);
    else turns.push({ role, blocks });
  }
  return turns;
}

/** The conversation in items, for protocols without turns. The extra fields of a message stand on its last item. */
export function itemsOf(
  messages: readonly ChatMessage[],
  format: (message: ChatMessage) => readonly JsonObject[],
): readonly JsonObject[] {
  return messages.flatMap((message) => blocksOf(message, format));
}

function blocksOf<Message extends ChatMessage>(
  message: Message,
  format: (message: Message) => readonly JsonObject[],
): JsonObject[] {
  const blocks = [...format(message)];
  const end = blocks.pop();
  return end === undefined ? [] : [...blocks, mergeFields(message.extraFields, end)];
}

/** The calls of a conversation by their ids: a result says nothing of its call but this. */
export function callsById(messages: readonly ChatMessage[]): ReadonlyMap<string, ToolCall> {
  const calls = messages.flatMap((message) =>
    message.role === "assistant" ? (message.toolCalls ?? []) : [],
  );
  return new Map(calls.map((call) => [call.id, call]));
}

/** The same messages, with the results of calls in the order in which the calls were made. */
export function inOrderOfCalls(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const order = new Map<string, number>();
  const sorted: ChatMessage[] = [];
  let results: ToolMessage[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      results.push(message);
      continue;
    }
    sorted.push(...results.sort(byCall), message);
    results = [];
    if (message.role !== "assistant") continue;
    order.clear();
    for (const [index, { id }] of (message.toolCalls ?? []).entries()) order.set(id, index);
  }
  return [...sorted, ...results.sort(byCall)];

  function byCall(one: ToolMessage, other: ToolMessage): number {
    return (order.get(one.toolCallId) ?? order.size) - (order.get(other.toolCallId) ?? order.size);
  }
}
