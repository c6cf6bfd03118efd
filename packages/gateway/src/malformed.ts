import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { requestIdOf } from "./call-record.ts";
import { CHAT_COMPLETIONS } from "./dialects/chat-completions/chat-completions.ts";
import { explainFailure } from "./failure-answer.ts";
import { Refusal } from "./refusal.ts";

/** Whether a request says once to whom it goes; Node's parser lets more pass. */
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
  const body = formatRefusal("the request is malformed");
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json`;
  const rest = `x-request-id: ${requestIdOf(null)}\r\ncontent-length: ${body.length}\r\nconnection: close`;
  socket.write(`${head}\r\n${rest}\r\n\r\n${body}`);
  // whether the client closes its half or not
  socket.destroySoon();
}

function formatRefusal(message: string): string {
  return JSON.stringify(CHAT_COMPLETIONS.formatError(explainFailure(new Refusal(400, message))));
}
