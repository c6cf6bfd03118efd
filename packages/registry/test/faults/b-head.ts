import { httpHead, httpResponse } from "@fallthrough/testkit";
import type { FaultRow } from "./row.ts";
import { type SocketFault, socketRow } from "./socket-row.ts";

type HeadFault = Pick<SocketFault, "row" | "fault" | "sent" | "code"> & Partial<SocketFault>;

const READ = { read: "request" } as const;
const SILENCE = { timeouts: { firstChunkMs: 150 }, code: "timeout", phase: "headers" } as const;
const LOGIN = "<!doctype html><title>Sign in</title>";
const CAPTCHA = "<html><head><title>Are you human?</title></head><body>captcha</body></html>";

/** Reads a request and sends these bytes; the connection stays open. */
function answers(bytes: string | Uint8Array): SocketFault["scripts"] {
  return [[READ, { send: bytes }, { hold: true }]];
}

function json(status: number, body: unknown, headers: Record<string, string> = {}): Buffer {
  return httpResponse({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

function page(status: number, body: string, headers: Record<string, string> = {}): Buffer {
  return httpResponse({ status, headers: { "content-type": "text/html", ...headers }, body });
}

function head(fields: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n${fields}\r\n`;
}

const TRANSPORT: readonly HeadFault[] = [
  {
    row: 9,
    fault: "reset before headers, fresh socket",
    sent: "a RST after the request",
    scripts: [[READ, { end: "rst" }]],
    code: "network",
    phase: "headers",
  },
  {
    row: 9,
    fault: "reset before headers, fresh socket",
    sent: "a FIN after the request",
    scripts: [[READ, { end: "fin" }]],
    code: "network",
    phase: "headers",
  },
  { row: 11, fault: "accept, then silence", sent: "nothing", scripts: [[{ hold: true }]], ...SILENCE },
  {
    row: 12,
    fault: "slowloris server",
    sent: "a byte of the head each 50 ms",
    scripts: [[READ, { send: httpHead(200, { "x-slow": "x".repeat(200) }), pieces: 1, everyMs: 50 }]],
    ...SILENCE,
  },
  ...[102, 103].map((status) => ({
    row: 13,
    fault: "endless 102/103",
    sent: `a ${status} each 20 ms`,
    scripts: [[READ, { repeat: httpHead(status), everyMs: 20 }]],
    ...SILENCE,
  })),
  {
    row: 14,
    fault: "not HTTP",
    sent: "an unsolicited 100",
    scripts: answers(httpHead(100)),
    code: "protocol",
  },
  {
    row: 14,
    fault: "not HTTP",
    sent: "an unsolicited 101",
    scripts: answers(httpHead(101, { connection: "upgrade", upgrade: "chat" })),
    code: "protocol",
  },
  { row: 14, fault: "not HTTP", sent: "status 999", scripts: answers(json(999, {})), code: "protocol" },
  {
    row: 14,
    fault: "not HTTP",
    sent: "garbage",
    scripts: answers("\u0000\u0001garbage\r\n\r\n"),
    code: "protocol",
  },
  {
    row: 14,
    fault: "not HTTP",
    sent: "an SSH banner",
    scripts: [[{ send: "SSH-2.0-OpenSSH_9.6\r\n" }, { hold: true }]],
    code: "protocol",
  },
  {
    row: 15,
    fault: "headers over the limit",
    sent: "one header of 17 KiB",
    scripts: answers(httpHead(200, { "x-large": "x".repeat(17 * 1024) })),
    code: "protocol",
  },
  {
    row: 15,
    fault: "headers over the limit",
    sent: "10,000 headers",
    scripts: answers(head(Array.from({ length: 10_000 }, (_, index) => `x-${index}: ${index}\r\n`).join(""))),
    code: "protocol",
  },
  {
    row: 16,
    fault: "two lengths",
    sent: "Content-Length twice",
    scripts: answers(`${head("content-length: 5\r\ncontent-length: 6\r\n")}hello`),
    code: "protocol",
  },
  {
    row: 16,
    fault: "two lengths",
    sent: "Content-Length and Transfer-Encoding",
    scripts: answers(`${head("content-length: 5\r\ntransfer-encoding: chunked\r\n")}0\r\n\r\n`),
    code: "protocol",
  },
];

const STATUSES: readonly HeadFault[] = [
  { row: 19, fault: "refused", sent: "401 JSON", scripts: answers(json(401, { error: "no" })), code: "auth" },
  { row: 19, fault: "refused", sent: "403 JSON", scripts: answers(json(403, { error: "no" })), code: "auth" },
  { row: 19, fault: "refused", sent: "403 HTML", scripts: answers(page(403, LOGIN)), code: "blocked" },
  {
    row: 20,
    fault: "payment",
    sent: "402 JSON",
    scripts: answers(json(402, { error: {} })),
    code: "payment",
  },
  {
    row: 20,
    fault: "payment",
    sent: 'the digits "402" in a 500',
    scripts: answers(json(500, { error: "upstream said 402 payment required" })),
    code: "server",
  },
  { row: 22, fault: "500, others left", sent: "500", scripts: answers(json(500, {})), code: "server" },
  {
    row: 23,
    fault: "captcha page",
    sent: "200 text/html",
    scripts: answers(page(200, CAPTCHA)),
    code: "blocked",
  },
  {
    row: 23,
    fault: "captcha page",
    sent: "a page as an event stream",
    scripts: answers(httpResponse({ headers: { "content-type": "text/event-stream" }, body: CAPTCHA })),
    code: "blocked",
  },
  {
    row: 23,
    fault: "captcha page",
    sent: "503 with `cf-mitigated`",
    scripts: answers(page(503, CAPTCHA, { "cf-mitigated": "challenge" })),
    code: "blocked",
  },
  {
    row: 24,
    fault: "login page through a redirect",
    sent: "302 to /login",
    scripts: answers(page(302, "", { location: "/login" })),
    code: "blocked",
  },
  ...(
    [
      ["a redirect to itself", { location: "/chat" }, "blocked"],
      ["no Location", {}, "protocol"],
      ["a Location that is no address", { location: "http://[" }, "protocol"],
      ["a file: Location", { location: "file:///etc/passwd" }, "protocol"],
    ] as const
  ).map(([sent, headers, code]) => ({
    row: 25,
    fault: "redirects",
    sent: `302 with ${sent}`,
    scripts: answers(page(302, "", headers)),
    code,
  })),
  ...[204, 205, 304].map((status) => ({
    row: 26,
    fault: "no body for a chat",
    sent: `${status}`,
    scripts: answers(httpHead(status)),
    code: "protocol" as const,
  })),
];

/** Faults of status and headers that a server alone can show. */
export const HEAD_ROWS: readonly FaultRow[] = [...TRANSPORT, ...STATUSES].map((fault) =>
  socketRow({ scripts: [], ...fault, follows: "next" }),
);
