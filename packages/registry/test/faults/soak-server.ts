import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { deltaEvent } from "./wire-provider.ts";

/** A server that answers most requests and breaks the rest, each in another way. */
export interface SoakServer {
  readonly origin: string;
  readonly requests: number;
  /** How many of them it broke. */
  readonly faults: number;
  /** Drops the connections that wait for a request, and waits until none is open. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

type Fault = (response: ServerResponse, start: string) => void;

const EVENTS = { "content-type": "text/event-stream" };
const DONE = "data: [DONE]\n\n";

function reply(status: number, body: string, type: string = "application/json"): Fault {
  return (response) => response.writeHead(status, { "content-type": type }).end(body);
}

function broken(status: number, body: (start: string) => string): Fault {
  return (response, start) => {
    response.writeHead(status, EVENTS).write(body(start), () => response.socket?.resetAndDestroy());
  };
}

const FAULTS: readonly Fault[] = [
  reply(500, "{}"),
  reply(429, "{}"),
  reply(401, "{}"),
  reply(400, "{}"),
  reply(200, "<!doctype html><title>Are you human?</title>", "text/html"),
  reply(200, DONE, "text/event-stream"),
  reply(200, "data: {broken}\n\n", "text/event-stream"),
  (response) => response.socket?.resetAndDestroy(),
  broken(200, () => 'data: {"role":"assistant"}\n\n'),
  broken(200, deltaEvent),
  (response, start) => response.writeHead(200, EVENTS).end(deltaEvent(start)),
  // silence, until the client has had enough
  (response) => void response.writeHead(200, EVENTS).flushHeaders(),
];

/** The words with which a server of this name answers the prompt. */
export function soakAnswer(name: string, prompt: string): readonly string[] {
  return [`${prompt} `, "answered by ", name];
}

/** Starts a server that breaks this share of its requests, as `random` says. */
export async function startSoakServer(
  name: string,
  share: number,
  random: () => number,
): Promise<SoakServer> {
  let requests = 0;
  let faults = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests++;
    response.on("error", () => {});
    const { messages } = (await json(request)) as { readonly messages: readonly { content: string }[] };
    const words = soakAnswer(name, messages[0]?.content ?? "");
    if (random() >= share) {
      response.writeHead(200, EVENTS);
      for (const word of words) response.write(deltaEvent(word));
      response.end(DONE);
      return;
    }
    faults++;
    FAULTS[Math.floor(random() * FAULTS.length)]?.(response, words[0] as string);
  }

  // a request that its caller gave up while it was read needs no answer
  const server = createServer((request, response) => void serve(request, response).catch(() => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const open = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_, count) => resolve(count)));

  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    get faults() {
      return faults;
    },
    async settle() {
      do {
        server.closeIdleConnections();
        // a short time between two looks at the sockets
        await new Promise((resolve) => setTimeout(resolve, 10));
      } while ((await open()) > 0);
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
