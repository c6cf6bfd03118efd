import { ChatError, type ChatMessage, type JsonObject, type Source } from "@fallthrough/core";
import {
  type FailedAnswer,
  type FailureNote,
  fieldsOf,
  formatPrompt,
  messageText,
  parseJson,
  quote,
} from "@fallthrough/core/provider";

/** The path of the one call. */
export const PATH = "/api/chatx-completion";

/** How many characters of the site's words a message quotes at most. */
const MOST_WORDS = 300;
const MISUSE = "misuse detected. please get in touch";

/** The body of the older client: the conversation as one text. */
export function formatQuestion(
  messages: readonly ChatMessage[],
  warn?: (message: string) => void,
): JsonObject {
  return { question: formatPrompt(messages, warn) };
}

/** The body of the newest client: the last question, and the whole conversation as a list. */
export function formatChat(
  messages: readonly ChatMessage[],
  switches: JsonObject,
  warn?: (message: string) => void,
): JsonObject {
  const spoken = messages
    .map((message) => ({ role: message.role, text: messageText(message, warn) }))
    .filter(({ text }) => text.trim() !== "");
  const question = spoken.findLast(({ role }) => role === "user")?.text ?? formatPrompt(messages);
  // the protocol has two senders only, so a system message goes as the user's
  const chat = spoken.map(({ role, text }) => ({
    text,
    sender: role === "assistant" ? "assistant" : "user",
    studyMode: switches["studyMode"],
  }));
  return { question, ...switches, chat };
}

/** The text and the sources in an answer; @throws `abuse` for a refusal of the caller, `protocol` for an unknown shape */
export function parseAnswer(body: unknown): { readonly text: string; readonly sources: readonly Source[] } {
  const { answer, content, citations } = fieldsOf(body);
  const inner = fieldsOf(answer);
  const text = inner["content"] ?? content;
  if (typeof text !== "string") {
    const answered = quote(JSON.stringify(body));
    throw new ChatError("protocol", `POST ${PATH} answered ${answered}, expected \`content\``);
  }
  // comes with status 200, in the place of an answer
  if (text.trimStart().toLowerCase().startsWith(MISUSE)) {
    throw new ChatError("abuse", `POST ${PATH} answered that it detected misuse`);
  }
  return { text, sources: parseSources(inner["citations"] ?? citations) };
}

/** What Nuxt says of a refusal beside its status. */
export function noteWords({ body }: FailedAnswer): FailureNote | undefined {
  let fields: ReturnType<typeof fieldsOf>;
  try {
    fields = fieldsOf(parseJson(body, "the refusal"));
  } catch {
    // a page for people
    return undefined;
  }
  const words = [fields["message"], fields["statusMessage"]].find(
    (told) => typeof told === "string" && told.trim(),
  );
  return typeof words === "string"
    ? { words: quote(words.replaceAll(/\s+/g, " ").trim(), MOST_WORDS) }
    : undefined;
}

function parseSources(citations: unknown): readonly Source[] {
  if (!Array.isArray(citations)) return [];
  return citations.flatMap((citation: unknown): readonly Source[] => {
    const { url, title } = typeof citation === "string" ? { url: citation } : fieldsOf(citation);
    if (typeof url !== "string" || !/^https?:\/\//i.test(url)) return [];
    return [typeof title === "string" ? { url, title } : { url }];
  });
}
