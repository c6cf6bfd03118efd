import type { Gateway } from "../../../src/index.ts";
import { MESSAGES } from "../../case.ts";

/** A content block of an answer. */
export interface MessageBlock {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** An answer as a client has it in the end. */
export interface Message {
  readonly content: readonly MessageBlock[];
  readonly [name: string]: unknown;
}

/** An event of a streamed answer. */
export interface MessageEvent {
  readonly type: string;
  readonly [name: string]: unknown;
}

/** Posts a message request to the handler; what stands in `body` goes over a plain question. */
export function askMessages(
  { fetch }: Gateway,
  body: object = {},
  headers: Record<string, string> = {},
  path = "/v1/messages",
): Promise<Response> {
  return fetch(
    new Request(`http://127.0.0.1:8787${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "anthropic-version": "2023-06-01", ...headers },
      body: JSON.stringify({ max_tokens: 100, messages: MESSAGES, ...body }),
    }),
  );
}

/** The events of a stream; throws where one does not have its own type as its name. */
export function messageEvents(stream: string): readonly MessageEvent[] {
  return stream
    .split("\n\n")
    .filter((event) => event !== "")
    .map((event) => {
      const [, name, data] = /^event: (\S+)\ndata: ([^\n]*)$/.exec(event) ?? [];
      const value = JSON.parse(data ?? "") as MessageEvent;
      if (name !== value.type) throw new Error(`an event is named ${name} and is a ${value.type}`);
      return value;
    });
}

/** The answer, put together as a client does that takes the protocol by its word. */
export async function messageOf(response: Response): Promise<Message> {
  const text = await response.text();
  if (!text.startsWith("event:")) return JSON.parse(text) as Message;
  let message: Record<string, unknown> = {};
  const content: Record<string, unknown>[] = [];
  let open = -1;
  for (const event of messageEvents(text)) {
    const { index } = event as { index?: number };
    if (event.type === "content_block_start" && open !== -1) throw new Error("two blocks are open");
    if (event.type === "content_block_delta" && open !== index) throw new Error("a delta has no open block");
    if (event.type === "message_start") message = { ...(event["message"] as object) };
    else if (event.type === "message_delta")
      Object.assign(message, event["delta"], { usage: event["usage"] });
    else if (event.type === "content_block_start") {
      if (index !== content.length) throw new Error("an index is left out");
      open = index;
      content.push({ ...(event["content_block"] as object) });
    } else if (event.type === "content_block_delta") addDelta(content[open] ?? {}, event["delta"] as never);
    else if (event.type === "content_block_stop") {
      const block = content[open] ?? {};
      if (block["type"] === "tool_use") block["input"] = JSON.parse(`${block["json"] ?? "{}"}`);
      delete block["json"];
      open = -1;
    }
  }
  return { ...message, content: content as unknown as MessageBlock[] };
}

function addDelta(block: Record<string, unknown>, delta: Readonly<Record<string, string>>): void {
  if (delta["type"] === "citations_delta") block["citations"] = [delta["citation"]];
  else if (delta["type"] === "input_json_delta")
    block["json"] = `${block["json"] ?? ""}${delta["partial_json"]}`;
  else {
    for (const name of ["text", "thinking", "signature"]) {
      if (delta[name] !== undefined) block[name] = `${block[name] ?? ""}${delta[name]}`;
    }
  }
}
