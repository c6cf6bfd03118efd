import type { ChatRequest, ContentPart } from "../contract/contract.ts";

/** The texts of a request that a model reads. */
export type Readable = Pick<ChatRequest, "messages" | "tools" | "responseFormat">;

/** The characters of all that a model reads of a request; images and files have tokens that nobody can count here. */
export function countCharacters({ messages, tools = [], responseFormat }: Readable): number {
  let count = 0;
  for (const message of messages) {
    count += lengthOf(message.content);
    if (message.role !== "assistant") continue;
    for (const { name, arguments: text } of message.toolCalls ?? []) count += name.length + text.length;
    for (const { text } of message.reasoning ?? []) count += text.length;
  }
  if (tools.length > 0) count += JSON.stringify(tools).length;
  if (responseFormat?.type === "json") count += JSON.stringify(responseFormat).length;
  return count;
}

function lengthOf(content: string | readonly ContentPart[] | null | undefined): number {
  if (typeof content === "string") return content.length;
  let count = 0;
  for (const part of content ?? []) if (part.type === "text") count += part.text.length;
  return count;
}
