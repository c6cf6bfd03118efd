import { ChatError } from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";

/** The data of the last event. */
export const END_MARKER = "[DONE]";

/** The word in the data of an event; @throws `server` for an event without one */
export function parseWord(data: string): string {
  const { word } = fieldsOf(parseJson(data, "POST /say"));
  if (typeof word !== "string") throw new ChatError("server", "POST /say answered an event without `word`");
  return word;
}
