import { exchangeBytes, exchangedOrigin } from "./exchanged.ts";
import { httpChunk, httpResponse, parseHead } from "./http-message.ts";
import type { RecordedResponse, Recording } from "./recording.ts";
import type { ReceivedRequest } from "./request-reader.ts";
import { type Connection, type SocketServer, startSocketServer } from "./socket-server.ts";

/** An answer to play: recorded, or given as the bytes of a whole response; without one the server stays silent. */
export interface Exchange {
  /** What the client sent. */
  readonly request?: Recording["request"];
  readonly response?: RecordedResponse | Uint8Array | undefined;
}

/** How a replay plays its answers. */
export interface ReplayOptions {
  /** Sends every answer in pieces of so many bytes. @default the head and each chunk as one piece */
  readonly bytesPerPiece?: number | undefined;
  /** The origin that stands in the recordings; the replay's own takes its place. @default none is exchanged */
  readonly recordedOrigin?: string | undefined;
}

/**
 * Starts a server on 127.0.0.1 that answers with exchanges, byte for byte: one after the other, or the one that a
 * function finds for the request. The bytes of a response stand for an exchange.
 *
 * A request for which there is none is answered with status 500.
 */
export async function startReplay(
  exchanges: readonly (Exchange | Uint8Array)[] | ((request: ReceivedRequest) => Exchange | undefined),
  options: ReplayOptions = {},
): Promise<SocketServer> {
  const queue = typeof exchanges === "function" ? [] : exchanges.map(exchangeOf);
  const find = typeof exchanges === "function" ? exchanges : () => queue.shift();

  const server: SocketServer = await startSocketServer(async (connection) => {
    for (;;) {
      const request = await connection.readRequest();
      if (!request) return connection.finish();
      const exchange = find(request) ?? { response: nothingLeft(request) };
      if (!exchange.response) return;
      const pieces = wirePieces(exchange.response, options.recordedOrigin, server.origin);
      await sendAll(connection, pieces, options.bytesPerPiece);
      if (!keepsAlive(pieces)) return connection.finish();
    }
  });
  return server;
}

function exchangeOf(given: Exchange | Uint8Array): Exchange {
  return given instanceof Uint8Array ? { response: given } : given;
}

function nothingLeft({ method, path }: ReceivedRequest): Buffer {
  const body = `no exchange for ${method} ${path}`;
  return httpResponse({ status: 500, headers: { "content-type": "text/plain" }, body });
}

async function sendAll(
  connection: Connection,
  pieces: readonly Buffer[],
  bytesPerPiece: number | undefined,
): Promise<void> {
  const whole = bytesPerPiece === undefined ? pieces : [Buffer.concat(pieces)];
  for (const piece of whole) {
    const size = bytesPerPiece ?? piece.length;
    for (let offset = 0; offset < piece.length && !connection.signal.aborted; offset += size) {
      await connection.send(piece.subarray(offset, offset + size));
    }
  }
}

/** The head, then every chunk with its framing. */
export function wirePieces(
  response: RecordedResponse | Uint8Array,
  recordedOrigin?: string | undefined,
  origin: string = "",
): readonly Buffer[] {
  if (response instanceof Uint8Array) return [Buffer.from(response)];
  const exchanged = recordedOrigin === undefined ? [] : exchangedOrigin(recordedOrigin, origin);
  const rebase = (bytes: Buffer): Buffer => exchangeBytes(bytes, exchanged);

  const fields = response.fields.map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(
    `HTTP/1.1 ${response.status} ${response.reason}\r\n${fields.join("")}\r\n`,
    "latin1",
  );
  const chunks = response.chunks.map(rebase);
  const chunked = response.headers["transfer-encoding"] !== undefined;
  const pieces = [rebase(head), ...(chunked ? [...chunks.map(httpChunk), httpChunk("")] : chunks)];

  const differs = response.raw && recordedOrigin === undefined && !Buffer.concat(pieces).equals(response.raw);
  return differs && response.raw ? [response.raw] : pieces;
}

/** Whether the connection is used again behind this answer. */
export function keepsAlive([first]: readonly Buffer[]): boolean {
  const { headers } = parseHead(first?.toString("latin1").split("\r\n\r\n")[0] ?? "");
  const { connection } = headers;
  const framed = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  return framed && connection?.toLowerCase() !== "close";
}
