import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createSecureContext, TLSSocket } from "node:tls";
import { trackSockets } from "./open-sockets.ts";
import { createRequestReader, type ReadRequest, type ReceivedRequest } from "./request-reader.ts";

/** A server on loopback that tells what reached it. */
export interface SocketServer {
  readonly origin: string;
  readonly port: number;
  /** Every request that was read, in order. */
  readonly requests: readonly ReceivedRequest[];
  /** How many connections were opened so far. */
  readonly connections: number;
  /** How many connections are open at present. */
  readonly open: number;
  /** How many bytes the peers' sockets have taken so far. */
  readonly bytesSent: number;
  /** Resolves when no connection is open. */
  closed(): Promise<void>;
  /** Drops every connection and stops listening. */
  close(): Promise<void>;
}

/** How a socket server listens. */
export interface SocketServerOptions {
  /** PEM texts; without them the server speaks plain TCP. */
  readonly tls?:
    | { readonly key: string; readonly cert: string; readonly alpn?: readonly string[] | undefined }
    | undefined;
}

/** One connection as a script sees it. */
export interface Connection {
  /** Counted from 0. */
  readonly index: number;
  /** Aborts when the connection is closed, by whichever side. */
  readonly signal: AbortSignal;
  readonly readRequest: ReadRequest;
  /** Resolves when the socket has taken the bytes, so that a peer that does not read is waited for. */
  send(bytes: Uint8Array): Promise<void>;
  /** Sends a FIN. */
  finish(): void;
  /** Sends a RST. */
  reset(): void;
}

/** Starts a server on an ephemeral port of 127.0.0.1 that leaves every connection to `serve`. */
export async function startSocketServer(
  serve: (connection: Connection) => Promise<void>,
  options: SocketServerOptions = {},
): Promise<SocketServer> {
  const requests: ReceivedRequest[] = [];
  let connections = 0;
  let bytesSent = 0;

  const server = createServer({ noDelay: true }, (socket) => {
    const index = connections++;
    const closing = new AbortController();
    socket.on("error", () => {});
    socket.once("close", () => closing.abort());

    const stream = options.tls ? secure(socket, options.tls) : socket;
    const readRequest = createRequestReader(stream, index);
    serve({
      index,
      signal: closing.signal,
      readRequest: async () => {
        const request = await readRequest();
        if (request) requests.push(request);
        return request;
      },
      send: async (bytes) => {
        if (closing.signal.aborted) return;
        const error = await new Promise((resolve) => stream.write(bytes, resolve));
        if (!error) bytesSent += bytes.length;
        // a write that the kernel takes at once calls back before any input is polled
        await nextTurn();
      },
      finish: () => stream.end(),
      reset: () => socket.resetAndDestroy(),
    }).catch((error: unknown) => server.emit("error", error));
  });

  const sockets = trackSockets(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    origin: `${options.tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.count;
    },
    get bytesSent() {
      return bytesSent;
    },
    closed: sockets.closed,
    close: async () => {
      if (!server.listening) return;
      const stopped = once(server, "close");
      server.close();
      sockets.destroy();
      await Promise.all([stopped, sockets.closed()]);
    },
  };
}

function secure(
  socket: Socket,
  { key, cert, alpn = [] }: NonNullable<SocketServerOptions["tls"]>,
): TLSSocket {
  const secured = new TLSSocket(socket, {
    isServer: true,
    secureContext: createSecureContext({ key, cert }),
    ALPNProtocols: [...alpn],
  });
  secured.on("error", () => {});
  return secured;
}
