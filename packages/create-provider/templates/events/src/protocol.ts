import { ChatError } from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";

/** The path of the one call. */
export const PATH = "/api/chat";

const WHAT = `POST ${PATH}`;

/** Whether these data end the answer. */
export function isEnd(data: string): boolean {
  return data === "[DONE]";
}

/** The text of an event, blank where it has none; @throws `server` for an error in its place */
export function parseEvent(data: string): string {
  const { text, error } = fieldsOf(parseJson(data, WHAT));
  if (error) throw new ChatError("server", `${WHAT} answered with an error`);
  return typeof text === "string" ? text : "";
}
