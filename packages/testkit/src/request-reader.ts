import type { Duplex } from "node:stream";
import { parseChunks, parseHead } from "./http-message.ts";

/** One request as a server received it. */
export interface ReceivedRequest {
  readonly method: string;
  /** As on the request line, with its query. */
  readonly path: string;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded as UTF-8. */
  readonly body: string;
  /** Which connection of the server it came on, from 0. */
  readonly connection: number;
}

/** Resolves to the next whole request of the connection, or to undefined when the peer left before that. */
export type ReadRequest = () => Promise<ReceivedRequest | undefined>;

/** Reads requests off a socket; it keeps reading, because unread bytes turn a later FIN into a reset. */
export function createRequestReader(socket: Duplex, connection: number): ReadRequest {
  let received: Buffer = Buffer.alloc(0);
  let left = false;
  let wake = (): void => {};

  socket.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    wake();
  });
  const leave = (): void => {
    left = true;
    wake();
  };
  socket.once("end", leave);
  socket.once("close", leave);

  return async () => {
    for (;;) {
      const found = parseRequest(received);
      if (found) {
        received = received.subarray(found.length);
        return { ...found.request, connection };
      }
      if (left) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

interface FoundRequest {
  readonly request: Omit<ReceivedRequest, "connection">;
  readonly length: number;
}

function parseRequest(bytes: Buffer): FoundRequest | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const { startLine, headers } = parseHead(bytes.toString("latin1", 0, headEnd));
  const [method = "", path = ""] = startLine.split(" ");
  const rest = bytes.subarray(headEnd + 4);
  const body = parseBody(rest, headers);
  if (body === undefined) return undefined;
  return {
    request: { method, path, headers, body: body.bytes.toString("utf8") },
    length: headEnd + 4 + body.length,
  };
}

function parseBody(
  rest: Buffer,
  headers: Readonly<Record<string, string>>,
): { readonly bytes: Buffer; readonly length: number } | undefined {
  if (headers["transfer-encoding"] !== undefined) {
    const { chunks, end } = parseChunks(rest);
    return end === undefined ? undefined : { bytes: Buffer.concat(chunks), length: end };
  }
  const length = Number(headers["content-length"]) || 0;
  return rest.length < length ? undefined : { bytes: rest.subarray(0, length), length };
}
