import { ChatError } from "@fallthrough/core";
import { fieldsOf, parseJson } from "@fallthrough/core/provider";

/** The path of the one call. */
export const PATH = "/api/chat";

const WHAT = `POST ${PATH}`;

/** What a line says. */
export interface Line {
  /** Blank where the line has no text. */
  readonly text: string;
  /** Set on the last line. */
  readonly done: boolean;
}

/** What a line says; @throws `server` for an error in its place */
export function parseLine(line: string): Line {
  const { text, done, error } = fieldsOf(parseJson(line, WHAT));
  if (error) throw new ChatError("server", `${WHAT} answered with an error`);
  return { text: typeof text === "string" ? text : "", done: done === true };
}
