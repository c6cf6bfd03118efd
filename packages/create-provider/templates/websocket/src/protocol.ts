import { ChatError, type StreamPart } from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";

/** The part that a message says; @throws `server` for an error in its place, `protocol` for an unknown shape */
export function parsePart(text: string): StreamPart {
  const { word, done, error } = fieldsOf(parseJson(text, "the socket"));
  if (error) throw new ChatError("server", "the socket answered with an error");
  if (done === true) return { type: "finish", finishReason: "stop" };
  if (typeof word === "string") return { type: "text-delta", delta: word };
  throw new ChatError("protocol", "the socket gave a message without a text, expected `word`");
}
