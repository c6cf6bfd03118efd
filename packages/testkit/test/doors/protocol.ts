import { ChatError, type StreamPart } from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";

/** What one message of the parrot says: `{ word }`, and `{ done: true }` at the end; @throws `server` for any other */
export function parsePart(text: string, subject: string): StreamPart {
  const { word, done } = fieldsOf(parseJson(text, subject));
  if (done === true) return { type: "finish", finishReason: "stop" };
  if (typeof word === "string") return { type: "text-delta", delta: word };
  throw new ChatError("server", `${subject} gave a message without \`word\``);
}
