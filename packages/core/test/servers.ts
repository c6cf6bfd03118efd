import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import { onTestFinished } from "vitest";
import type { ProviderSettings } from "../src/contract/settings.ts";
import { createHttpClient } from "../src/http/client/client.ts";
import type { HttpClient } from "../src/http/types.ts";

/** A server on loopback that the end of the test closes. */
export interface TestServer {
  readonly origin: string;
  readonly port: number;
  /** Every request that was read, in order. */
  readonly requests: readonly Received[];
  /** How many connections were opened so far. */
  readonly connections: number;
  /** How many connections are open. */
  readonly open: number;
}

/** One request as it came. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly socket: Socket;
  /** Counted from 0 over all connections. */
  readonly index: number;
}

/** How a test server listens. */
export interface TestServerOptions {
  /** The name of a fixture with key and certificate. */
  readonly certificate?: string | undefined;
}

/** A server that leaves every connection to `serve`. */
export async function startSockets(
  serve: (socket: Socket) => void,
  { certificate }: TestServerOptions = {},
): Promise<TestServer> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const pem = certificate === undefined ? "" : readCertificate(certificate);
  const server: Server =
    certificate === undefined ? createServer() : createSecureServer({ key: pem, cert: pem });
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on(certificate === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http${certificate === undefined ? "" : "s"}://127.0.0.1:${port}`,
    port,
    requests: [],
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
  };
}

/** A server that reads requests and has them answered. */
export async function startServer(
  answer: (request: Received) => void,
  options?: TestServerOptions,
): Promise<TestServer> {
  const requests: Received[] = [];
  const server = await startSockets((socket) => {
    readRequests(socket, (request) => {
      const received = { ...request, socket, index: requests.length };
      requests.push(received);
      answer(received);
    });
  }, options);
  return Object.defineProperty(server, "requests", { value: requests });
}

/** A server that gives every request this answer. */
export function startAnswering(...bytes: readonly (string | Uint8Array)[]): Promise<TestServer> {
  return startServer(({ socket }) => {
    for (const piece of bytes) socket.write(piece);
  });
}

/** Calls back with each request of a connection. */
export function readRequests(
  socket: Socket,
  receive: (request: Omit<Received, "socket" | "index">) => void,
): void {
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) return;
      const [line = "", ...fields] = text.slice(0, end).split("\r\n");
      const headers = Object.fromEntries(
        fields.map((field) => {
          const at = field.indexOf(":");
          return [field.slice(0, at).toLowerCase(), field.slice(at + 1).trim()];
        }),
      );
      const bodyEnd = end + 4 + Number(headers["content-length"] ?? 0);
      if (text.length < bodyEnd) return;
      const [method = "", path = ""] = line.split(" ");
      const body = Buffer.from(text.slice(end + 4, bodyEnd), "latin1").toString();
      text = text.slice(bodyEnd);
      receive({ method, path, headers, body });
    }
  });
}

/** The bytes of an answer with its length stated. */
export function answer(
  body: string | Uint8Array,
  { status = 200, headers = {} }: { status?: number; headers?: Readonly<Record<string, string>> } = {},
): Buffer {
  const bytes = Buffer.from(body);
  const fields = Object.entries({ "content-length": String(bytes.length), ...headers });
  const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Status\r\n${head}\r\n`), bytes]);
}

/** The head of an answer in chunks. */
export function chunkedHead(contentType = "text/event-stream"): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: ${contentType}\r\ntransfer-encoding: chunked\r\n\r\n`;
}

/** One chunk of an answer in chunks. */
export function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** The end of an answer in chunks. */
export const LAST_CHUNK = "0\r\n\r\n";

/** A client of this server that the end of the test closes. */
export function createClient(
  server: { readonly origin: string },
  settings: ProviderSettings = {},
): HttpClient {
  const client = createHttpClient({ provider: "toy", origin: server.origin }, { proxy: false, ...settings });
  onTestFinished(() => client.close());
  return client;
}

/** Key and certificate of this name. */
function readCertificate(name: string): string {
  return readFileSync(new URL(`fixtures/${name}.pem`, import.meta.url), "utf8");
}
