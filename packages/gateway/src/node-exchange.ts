import type { IncomingMessage, ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Exchange, HttpRequest } from "./exchange-types.ts";

/** How long the rest of a body may take that nobody reads: a client that is cut off at once may lose the answer. */
const DISCARD_MS = 500;

/** An exchange on Node's own server, read and written without a detour through the platform's streams. */
export function openNodeExchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
  const client = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) client.abort();
  });
  return {
    request: readRequest(incoming, client.signal),

    async answer({ status, headers, body }) {
      if (!incoming.complete) discard(incoming);
      if (typeof body !== "string") {
        if (!outgoing.destroyed) outgoing.writeHead(status, headers);
        await pour(body, outgoing);
      } else if (!outgoing.destroyed) {
        outgoing.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
      }
      return RESPONSE_ALREADY_SENT;
    },
  };
}

/** What a client asks on Node's own server. */
export function readRequest(incoming: IncomingMessage, signal: AbortSignal): HttpRequest {
  const { method = "", url = "", headers } = incoming;
  return {
    method,
    url: `http://${headers.host}${url}`,
    headers: { get: (name) => headers[name]?.toString() ?? null },
    body: readChunks(incoming),
    signal,
  };
}

/** Most bodies come with their head, and are there whole as soon as Node's parser has gone on. */
async function* readChunks(incoming: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  await undefined;
  const isWhole = `${incoming.readableLength}` === incoming.headers["content-length"];
  const whole: Buffer | null = isWhole ? incoming.read() : null;
  if (whole !== null) yield whole;
  // the socket is needed for the answer, also where the body is given up
  else yield* incoming.iterator({ destroyOnReturn: false });
}

/** Asks for a piece only when the one before is on its way. */
async function pour(pieces: AsyncIterable<string>, outgoing: ServerResponse): Promise<void> {
  const { socket } = outgoing;
  // a head must not wait for a first piece that is late, and goes with one that is there; corked is the socket, because
  // a response that ends while it is corked itself sends its end before its pieces
  socket?.cork();
  outgoing.flushHeaders();
  process.nextTick(() => socket?.uncork());
  for await (const piece of pieces) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(piece)) await drained(outgoing);
  }
  outgoing.end();
}

/** A client that leaves takes nothing any more. */
function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}

function discard(incoming: IncomingMessage): void {
  const timer = setTimeout(() => incoming.socket.destroySoon(), DISCARD_MS).unref();
  incoming.once("close", () => clearTimeout(timer)).resume();
}
