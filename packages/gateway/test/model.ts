import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

/** A message as a stand-in of a model got it. */
interface ModelMessage {
  readonly role: string;
  readonly content?: string | readonly object[] | null;
  readonly tool_calls?: readonly { readonly id: string }[];
  readonly [name: string]: unknown;
}

/** The body of a request to a stand-in of a model. */
interface ModelRequest {
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
  readonly [name: string]: unknown;
}

/** A stand-in of a model behind chat completions: it calls a tool where it has one and no result, and else says what it was told. */
export interface StandInModel {
  readonly baseURL: string;
  /** The last request. */
  readonly last: ModelRequest;
  close(): Promise<void>;
}

/** Starts a stand-in of a model on a port of its own. */
export async function startModel(): Promise<StandInModel> {
  let last: ModelRequest = { messages: [] };
  const server = createServer(async (incoming, outgoing) => {
    last = (await json(incoming)) as ModelRequest;
    outgoing.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of replyTo(last)) outgoing.write(`data: ${JSON.stringify(event)}\n\n`);
    outgoing.end("data: [DONE]\n\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    get last() {
      return last;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function* replyTo({ messages, tools }: ModelRequest): Generator<object> {
  const chunk = (delta: object, finish_reason: string | null = null, more: object = {}): object => ({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1,
    model: "model",
    choices: [{ index: 0, delta, finish_reason }],
    ...more,
  });
  const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
  const last = messages.at(-1);
  const [tool] = tools ?? [];
  yield chunk({ role: "assistant", content: "" });
  if (tool !== undefined && last?.role !== "tool") {
    const call = {
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: tool.function.name, arguments: "" },
    };
    yield chunk({ tool_calls: [call] });
    for (const text of ['{"location":', '"Rome"}']) {
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: text } }] });
    }
    yield chunk({}, "tool_calls", { usage });
    return;
  }
  const heard = typeof last?.content === "string" ? last.content : "an image";
  for (const content of ["You said: ", heard]) yield chunk({ content });
  yield chunk({}, "stop", { usage });
}
