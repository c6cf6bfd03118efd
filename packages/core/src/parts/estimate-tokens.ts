import type { ChatMessage, ChatRequest, ContentPart } from "../contract/contract.ts";

/** Characters for a token, over prose and code of many tokenizers. */
const CHARACTERS = 3.5;
/** Tokens for an image or a file: the length of its bytes says nothing about them. */
const MEDIA = 1_500;

/** How many tokens a request is likely to have, by its characters; nobody's tokenizer is asked. */
export function estimateTokens({
  messages,
  tools = [],
  responseFormat,
}: Pick<ChatRequest, "messages" | "tools" | "responseFormat">): number {
  let characters = 0;
  let media = 0;

  function addContent(content: string | readonly ContentPart[] | null | undefined): void {
    if (typeof content === "string") characters += content.length;
    else {
      for (const part of content ?? []) {
        if (part.type === "text") characters += part.text.length;
        else media++;
      }
    }
  }

  function addMessage(message: ChatMessage): void {
    addContent(message.content);
    if (message.role !== "assistant") return;
    for (const { text } of message.reasoning ?? []) characters += text.length;
    for (const call of message.toolCalls ?? []) characters += call.name.length + call.arguments.length;
  }

  for (const message of messages) addMessage(message);
  for (const { name, description = "", parameters } of tools) {
    characters += name.length + description.length + JSON.stringify(parameters).length;
  }
  if (responseFormat?.type === "json" && responseFormat.schema !== undefined) {
    characters += JSON.stringify(responseFormat.schema).length;
  }
  return Math.ceil(characters / CHARACTERS) + media * MEDIA;
}
