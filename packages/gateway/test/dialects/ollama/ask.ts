import type { Gateway } from "../../../src/index.ts";
import { MESSAGES } from "../../case.ts";

/** A JSON object of an answer. */
export type Line = Readonly<Record<string, unknown>>;

/** Posts a chat to the handler; what stands in `body` goes over a plain question. */
export function askOllama({ fetch }: Gateway, body: object = {}, path = "/api/chat"): Promise<Response> {
  const question = path === "/api/chat" ? { messages: MESSAGES } : {};
  return fetch(
    new Request(`http://127.0.0.1:8787${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "auto", ...question, ...body }),
    }),
  );
}

/** The objects of a stream. */
export async function linesOf(response: Response): Promise<readonly Line[]> {
  const text = await response.text();
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line));
}
