import type { ChatMessage } from "../contract/contract.ts";
import { ChatError } from "../errors/chat-error.ts";

const ROLE_NAMES = { system: "System", user: "User", assistant: "Assistant", tool: "Tool" } as const;

/** The text of a message; `warn` gets a note on each image or file in it. */
export function messageText({ content }: ChatMessage, warn?: (message: string) => void): string {
  if (typeof content !== "object" || content === null) return content ?? "";
  let text = "";
  for (const part of content) {
    if (part.type === "text") text += part.text;
    else
      warn?.(
        `this endpoint takes text only, so an ${part.type === "image" ? "image" : "attached file"} was left out`,
      );
  }
  return text;
}

/**
 * The conversation as the one string that some endpoints take.
 *
 * One message is its text as it is; several are `Role: text` lines that end in `Assistant:`. Blank messages are
 * dropped; @throws `bad-request` when nothing is left.
 */
export function formatPrompt(messages: readonly ChatMessage[], warn?: (message: string) => void): string {
  const spoken = messages
    .map((message) => ({ role: message.role, text: messageText(message, warn) }))
    .filter(({ text }) => text.trim() !== "");
  const [first, ...others] = spoken;
  if (first === undefined) {
    throw new ChatError("bad-request", "the request has no message with text, expected at least one");
  }
  if (others.length === 0) return first.text;
  return `${spoken.map(({ role, text }) => `${ROLE_NAMES[role]}: ${text}`).join("\n")}\nAssistant:`;
}
