import type { Answer } from "./answer.ts";
import { cutIntoWrites } from "./cut.ts";
import { fakegptEvents } from "./fakegpt.ts";
import { openaiEvents, openaiJson } from "./openai.ts";

/** An answer as it goes over the socket. */
export interface Rendered {
  readonly writes: readonly Buffer[];
  readonly delayMs: number;
}

const STREAM_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
const LAST_CHUNK = "0\r\n\r\n";
const BLOCK_PAGE =
  "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><div class='cf-browser-verification'>Checking your browser before accessing</div></body></html>";
const REASONS: Readonly<Record<number, string>> = {
  429: "Too Many Requests",
  500: "Internal Server Error",
};

/** The bytes of an answer; `undefined` where the server stays silent. */
export function render(answer: Answer): Rendered | undefined {
  const { kind, writes = "sixteen", delayMs = 0, status = 500 } = answer;
  switch (kind) {
    case "stall":
      return undefined;
    case "openai":
      return { writes: formatStream(cutIntoWrites(openaiEvents(answer), writes)), delayMs };
    case "fakegpt":
      return { writes: formatStream(cutIntoWrites(fakegptEvents(answer), writes)), delayMs };
    case "json":
      return { writes: [formatWhole(200, "application/json", openaiJson(answer))], delayMs };
    case "status":
      return { writes: [formatWhole(status, "application/json", errorBody(status))], delayMs };
    case "block-page":
      return { writes: [formatWhole(403, "text/html; charset=utf-8", BLOCK_PAGE)], delayMs };
  }
}

/** A whole answer in one write; the connection stays open. */
export function formatWhole(status: number, type: string, body: string, fields = ""): Buffer {
  const head = `HTTP/1.1 ${status} ${REASONS[status] ?? "OK"}\r\ncontent-type: ${type}\r\n${fields}`;
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

/** The head goes with the first chunk, and the end with the last, as servers that flush per event do it. */
function formatStream(chunks: readonly Buffer[]): readonly Buffer[] {
  return chunks.map((chunk, index) =>
    Buffer.concat([
      Buffer.from(`${index === 0 ? STREAM_HEAD : ""}${chunk.length.toString(16)}\r\n`),
      chunk,
      Buffer.from(`\r\n${index === chunks.length - 1 ? LAST_CHUNK : ""}`),
    ]),
  );
}

function errorBody(status: number): string {
  const type = status === 429 ? "rate_limit_error" : "server_error";
  return JSON.stringify({ error: { message: "the bench was told to fail", type, param: null, code: null } });
}
