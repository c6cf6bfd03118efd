import { createHash } from "node:crypto";
import type { ChatMessage } from "@fallthrough/core";

/**
 * The ids of the tool calls of these messages, as a server takes them that wants `length` letters and digits.
 *
 * An id that fits stays as it is. The same id becomes the same one in every request, so that the server's cache of
 * prompts holds.
 */
export function mapToolCallIds(
  messages: readonly ChatMessage[],
  length: number | undefined,
): (id: string) => string {
  if (length === undefined) return (id) => id;
  const shape = new RegExp(`^[a-zA-Z0-9]{${length}}$`);
  const ids = new Set(messages.flatMap(idsOf));
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
