import { createHash } from "node:crypto";
import type { ChatMessage } from "../contract/contract.ts";

/** What a server wants of the id of a tool call. */
export interface ToolCallIdForm {
  /** Fits an id that the server takes. */
  readonly shape: RegExp;
  /** The letters and digits of an id that replaces one that does not fit. */
  readonly length: number;
}

/**
 * The ids of the tool calls of these messages, as their server takes them.
 *
 * An id that fits stays as it is. The same id becomes the same one in every request, so that the server's cache of
 * prompts holds.
 */
export function mapToolCallIds(
  messages: readonly ChatMessage[],
  form: ToolCallIdForm,
): (id: string) => string {
  return mapIds(messages.flatMap(idsOf), form);
}

/** The messages with the ids of their calls as the server takes them. */
export function withToolCallIds(messages: readonly ChatMessage[], form: ToolCallIdForm): ChatMessage[] {
  const idOf = mapToolCallIds(messages, form);
  return messages.map((message) => {
    if (message.role === "tool") return { ...message, toolCallId: idOf(message.toolCallId) };
    if (message.role !== "assistant" || message.toolCalls === undefined) return message;
    return { ...message, toolCalls: message.toolCalls.map((call) => ({ ...call, id: idOf(call.id) })) };
  });
}

/** The same for the ids in a body: each becomes one that the server takes, and no two become the same. */
export function mapIds(given: readonly string[], { shape, length }: ToolCallIdForm): (id: string) => string {
  const ids = new Set(given);
  const mapped = new Map<string, string>();
  const taken = new Set([...ids].filter((id) => shape.test(id)));
  for (const id of ids) {
    if (taken.has(id)) continue;
    let other = shortened(id, length);
    for (let salt = 1; taken.has(other); salt++) other = shortened(`${id} ${salt}`, length);
    taken.add(other);
    mapped.set(id, other);
  }
  return (id) => mapped.get(id) ?? id;
}

function idsOf(message: ChatMessage): string[] {
  if (message.role === "tool") return [message.toolCallId];
  return message.role === "assistant" ? (message.toolCalls ?? []).map(({ id }) => id) : [];
}

function shortened(id: string, length: number): string {
  return createHash("sha512").update(id).digest("hex").slice(0, length);
}
