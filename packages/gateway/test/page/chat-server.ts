import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** What a server does with a call. */
interface Behaviour {
  /** The pieces of its answer. */
  readonly pieces?: readonly string[];
  /** Milliseconds before each piece. */
  readonly paceMs?: number;
  /** A failure in place of an answer. */
  readonly status?: number;
  /** Headers of the answer or the failure. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server that speaks OpenAI's API on loopback, as it is told. */
export interface ChatServer {
  /** Its base URL. */
  readonly baseURL: string;
  /** What it does from now on. */
  behave(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** Starts a server that answers with one word until it is told otherwise. */
export async function startChatServer(): Promise<ChatServer> {
  let current: Behaviour = {};
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    incoming.once("end", () => void reply(outgoing, current).catch(() => outgoing.destroy()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    behave(behaviour) {
      current = behaviour;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function reply(outgoing: ServerResponse, behaviour: Behaviour): Promise<void> {
  const { pieces = ["Hello."], paceMs = 0, status = 200, headers = {} } = behaviour;
  if (status !== 200) {
    await delay(paceMs);
    outgoing.writeHead(status, { "content-type": "application/json", ...headers });
    const [message, code] =
      status === 401
        ? ["Incorrect API key provided", "invalid_api_key"]
        : ["Rate limit reached", "rate_limit_exceeded"];
    outgoing.end(JSON.stringify({ error: { message, code } }));
    return;
  }
  outgoing.writeHead(200, { "content-type": "text/event-stream", ...headers });
  for (const content of pieces) {
    await delay(paceMs);
    if (!outgoing.write(frame({ choices: [{ index: 0, delta: { content } }] })))
      await once(outgoing, "drain");
  }
  const usage = { prompt_tokens: 12, completion_tokens: pieces.length, total_tokens: 12 + pieces.length };
  outgoing.write(frame({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage }));
  outgoing.end("data: [DONE]\n\n");
}

function frame(body: object): string {
  return `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", model: "served", ...body })}\n\n`;
}
