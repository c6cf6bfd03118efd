import type { ChatMessage } from "@fallthrough/core";
import { formatPrompt, messageText } from "@fallthrough/core/provider";

/** What is asked: one text, and what was said before where the site takes that apart from it. */
export interface Prompt {
  readonly message: string;
  readonly history: readonly string[];
  /** What the caller should know about it. */
  readonly warnings: readonly string[];
}

/** The conversation as each generation takes it; only the classic one has a field for the history. */
export function formatHistory(
  messages: readonly ChatMessage[],
  history: "flatten" | "field",
): Readonly<Record<"classic" | "aipkit", Prompt>> {
  const flat = flattenPrompt(messages);
  if (history === "flatten") return { classic: flat, aipkit: flat };
  const noField = "this site has no history field, so the history went into the message";
  return { classic: splitPrompt(messages), aipkit: { ...flat, warnings: [...flat.warnings, noField] } };
}

function flattenPrompt(messages: readonly ChatMessage[]): Prompt {
  const warnings: string[] = [];
  return { message: formatPrompt(messages, (warning) => warnings.push(warning)), history: [], warnings };
}

/** The last message and the system's are asked, the others are items of the field. */
function splitPrompt(messages: readonly ChatMessage[]): Prompt {
  const spoken = messages.filter((message) => messageText(message).trim() !== "");
  const last = spoken.at(-1);
  const asked = spoken.filter((message) => message === last || message.role === "system");
  const before = spoken.filter((message) => !asked.includes(message));
  const history = before.map(historyItem);
  const changed = before.some((message, index) => !history[index]?.endsWith(messageText(message)));
  const { message, warnings } = flattenPrompt(asked);
  return { message, history, warnings: changed ? [...warnings, REPLACED] : warnings };
}

const REPLACED =
  "the history field takes no quotation marks, line breaks, tags and escapes, so they were replaced";

function historyItem(message: ChatMessage): string {
  return `${message.role === "assistant" ? "AI" : "Human"}: ${plainText(messageText(message))}`;
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
