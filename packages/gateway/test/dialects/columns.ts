import type { Gateway } from "../../src/index.ts";
import { chatCompletions } from "./columns/chat-completions.ts";
import { messages } from "./columns/messages.ts";
import { ollama } from "./columns/ollama.ts";
import { responses } from "./columns/responses.ts";
import type { Column } from "./dialogues.ts";

/** Every dialect of the gateway. */
export const COLUMNS: readonly Column[] = [chatCompletions, responses, messages, ollama];

/** Posts a body to the path of a dialect. */
export function post(
  { fetch }: Gateway,
  { path }: Column,
  body: object,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(
    new Request(`http://127.0.0.1:8787${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}
