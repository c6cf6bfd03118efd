import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { requestIdOf } from "./call-record.ts";
import { CHAT_COMPLETIONS } from "./dialects/chat-completions/chat-completions.ts";
import type { HttpAnswer } from "./exchange-types.ts";
import { explainFailure } from "./failure-answer.ts";
import { Refusal } from "./refusal.ts";

/** What a client offers with `Upgrade`. */
const OFFERS: readonly string[] = ["upgrade", "connection", "http2-settings"];

/** Whether a request names its host once; Node's parser lets more pass. */
export function isWellFormed({ url = "", rawHeaders }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host");
  return url.startsWith("/") && hosts.length === 1;
}

/** Answers a request that no handler can read. */
export function refuseRequest(outgoing: ServerResponse): void {
  const body = formatRefusal("the request is malformed, expected a path and one `Host`");
  outgoing.writeHead(400, {
    "content-type": "application/json",
    "content-length": body.length,
    connection: "close",
    "x-request-id": requestIdOf(null),
  });
  outgoing.end(body);
}

/** Answers what is no request. */
export function refuseSocket({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = code === "HPE_HEADER_OVERFLOW" ? 431 : code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  writeLast(
    socket,
    status,
    { "content-type": "application/json" },
    formatRefusal("the request is malformed"),
  );
}

/** Answers a request for another protocol that is not granted. */
export function refuseUpgrade({ status, headers, body }: HttpAnswer, socket: Socket): void {
  if (typeof body === "string") writeLast(socket, status, headers, body);
}

/**
 * Serves a request for another protocol as if it had not asked for that.
 *
 * Some clients offer HTTP/2 with every request that is not encrypted, and Node hands each over once anybody listens.
 */
export function serveWithoutUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!OFFERS.includes(name.toLowerCase())) text += `${name}: ${rawHeaders[index + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]));
  server.emit("connection", socket);
}

/** The last answer on a socket, whether the client closes its half or not. */
function writeLast(socket: Socket, status: number, headers: HttpAnswer["headers"], body: string): void {
  const fields = {
    ...headers,
    "x-request-id": requestIdOf(null),
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`);
  socket.destroySoon();
}

function formatRefusal(message: string): string {
  return JSON.stringify(CHAT_COMPLETIONS.formatError(explainFailure(new Refusal(400, message))));
}
