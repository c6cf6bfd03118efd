import { type ChatMessage, formatPrompt, messageText } from "@fallthrough/core";

/** What is asked: one text, and what was said before where the site takes that apart from it. */
export interface Prompt {
  readonly message: string;
  readonly history: readonly string[];
}

/** The whole conversation as one text. */
export function flattenPrompt(messages: readonly ChatMessage[], warn: (message: string) => void): Prompt {
  return { message: formatPrompt(messages, warn), history: [] };
}

/** The last message and the system's as the text, the others as items of the classic history field. */
export function splitPrompt(messages: readonly ChatMessage[], warn: (message: string) => void): Prompt {
  const spoken = messages.filter((message) => messageText(message).trim() !== "");
  const last = spoken.at(-1);
  const asked = spoken.filter((message) => message === last || message.role === "system");
  const before = spoken.filter((message) => !asked.includes(message));
  return {
    message: formatPrompt(asked, warn),
    history: before.map((message) => historyItem(message, warn)),
  };
}

function historyItem(message: ChatMessage, warn: (message: string) => void): string {
  const text = messageText(message, warn);
  const item = plainText(text);
  if (item !== text)
    warn("the history field takes no quotation marks, line breaks, tags or escapes, so they were replaced");
  return `${message.role === "assistant" ? "AI" : "Human"}: ${item}`;
}

/** One character of these inside any item, and the server drops the whole history without a word. */
function plainText(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll("\\", "/")
    .replaceAll("<", "‹")
    .replace(/%(?=[\da-f]{2})/gi, "% ")
    .replace(/\p{Surrogate}/gu, "\uFFFD")
    .replace(/\p{Cc}+/gu, " ");
}
