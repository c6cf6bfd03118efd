import { ChatError } from "@fallthrough/core";
import { fieldsOf } from "@fallthrough/core/provider";

/** The path of the one call. */
export const PATH = "/api/chat";

/** The text of an answer; @throws `server` for an error in its place, `protocol` for an unknown shape */
export function parseAnswer(body: unknown): string {
  const { answer, error } = fieldsOf(body);
  if (typeof answer === "string") return answer;
  if (error) throw new ChatError("server", `POST ${PATH} answered with an error`);
  throw new ChatError("protocol", `POST ${PATH} answered without a text, expected \`answer\``);
}
