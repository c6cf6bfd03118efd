import { existsSync, readFileSync } from "node:fs";
import { parseChunks, parseHead } from "./http-message.ts";

/** A recorded exchange with the real server software. */
export interface Recording {
  /** What was done, one line each. */
  readonly notes: readonly string[];
  /** Undefined where only the answer was kept. */
  readonly request?: RecordedRequest | undefined;
  /** Undefined where the server never answered. */
  readonly response?: RecordedResponse | undefined;
}

/** The request of a recorded exchange. */
export interface RecordedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer of a recorded exchange. */
export interface RecordedResponse {
  readonly status: number;
  readonly reason: string;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** As written, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** The body as it was framed; one piece where the framing was not kept. */
  readonly chunks: readonly Buffer[];
  /** Marks such as `[... 84611 characters ...]` stand in the body for what was left out. */
  readonly cut: boolean;
  /** The answer as it came off the socket, where that was kept. */
  readonly raw?: Buffer | undefined;
}

const REQUEST_MARK = "\n>>>>>>>> request\n";
const RESPONSE_MARK = "\n\n<<<<<<<< response (";
const APPENDIX_MARK = "\n\n########";
const CUT_MARK = /\[\.\.\. \d+ characters/;

/** Reads a recording and, where it is kept beside it, the answer off the socket (`.raw`). */
export function readRecording(path: string | URL): Recording {
  const rawPath = path instanceof URL ? new URL(path) : path.replace(/\.txt$/, ".raw");
  if (rawPath instanceof URL) rawPath.pathname = rawPath.pathname.replace(/\.txt$/, ".raw");
  const bytes = readFileSync(path);
  return parseRecording(bytes, existsSync(rawPath) ? readFileSync(rawPath) : undefined);
}

/**
 * Parses an exchange of either kind, or an answer off the socket.
 *
 * Give it bytes: a recorded chunk may end inside a character, which text does not survive.
 *
 * @throws when the text is none of them
 */
export function parseRecording(source: string | Uint8Array, raw?: Uint8Array): Recording {
  const bytes = Buffer.from(source as string);
  const requestAt = bytes.indexOf(REQUEST_MARK);
  const responseAt = bytes.indexOf(RESPONSE_MARK);
  if (requestAt === -1 || responseAt === -1) return parseAnswer(bytes);

  const title = bytes.indexOf("\n", responseAt + RESPONSE_MARK.length);
  const framed = bytes.toString("latin1", responseAt, title).includes("chunk framing kept");
  const rest = bytes.subarray(title + 1);
  const end = rest.indexOf(APPENDIX_MARK);
  return {
    notes: parseNotes(bytes.toString("utf8", 0, requestAt)),
    request: parseRequest(bytes.subarray(requestAt + REQUEST_MARK.length, responseAt)),
    response: raw
      ? parseResponse(Buffer.from(raw), "\r\n", true, Buffer.from(raw))
      : parseResponse(end === -1 ? rest : rest.subarray(0, end), "\n", framed),
  };
}

/** Comment lines, if any, then an answer: dechunked when its lines end in LF, as it came when they end in CRLF. */
function parseAnswer(bytes: Buffer): Recording {
  const start = /^(?:#.*\n)*/.exec(bytes.toString("latin1"))?.[0].length ?? 0;
  const notes = parseNotes(bytes.toString("utf8", 0, start));
  const answer = bytes.subarray(start);
  if (answer.toString("latin1").trim() === "") return { notes };
  const wire = answer.indexOf("\r\n\r\n") !== -1 && !answer.subarray(0, answer.indexOf("\r")).includes("\n");
  const response = wire ? parseResponse(answer, "\r\n", true, answer) : parseResponse(answer, "\n", false);
  return { notes, response };
}

function parseNotes(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.startsWith("#"));
  return lines.map((line) => line.replace(/^# ?/, ""));
}

function parseRequest(bytes: Buffer): RecordedRequest {
  const headEnd = bytes.indexOf("\n\n");
  const { startLine, headers } = parseHead(bytes.toString("latin1", 0, headEnd));
  const [method = "", path = ""] = startLine.split(" ");
  return { method, path, headers, body: restoreLineEnds(bytes.toString("utf8", headEnd + 2), headers) };
}

// the recorder took the CRs out of multipart framing
function restoreLineEnds(body: string, headers: Readonly<Record<string, string>>): string {
  const boundary = /boundary=(\S+)/.exec(headers["content-type"] ?? "")?.[1];
  if (boundary === undefined) return body;
  const parts = body.split(`--${boundary}`).map((part) => {
    const [, head, value] = /^\n(.*?)\n\n(.*)\n$/s.exec(part) ?? [];
    if (head === undefined) return part.replace(/^--\n$/, "--\r\n");
    return `\r\n${head.replaceAll("\n", "\r\n")}\r\n\r\n${value}\r\n`;
  });
  return parts.join(`--${boundary}`);
}

function parseResponse(
  bytes: Buffer,
  lineEnd: "\n" | "\r\n",
  framed: boolean,
  raw?: Buffer,
): RecordedResponse {
  const separator = bytes.indexOf(lineEnd + lineEnd);
  const { startLine, headers, fields } = parseHead(bytes.toString("latin1", 0, separator));
  const [, status, reason] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(startLine) ?? [];
  if (separator === -1 || status === undefined || reason === undefined) {
    throw new Error(`recording has no response head where ${JSON.stringify(startLine.slice(0, 80))} stands`);
  }
  const rest = bytes.subarray(separator + 2 * lineEnd.length);
  const chunked = framed && headers["transfer-encoding"] !== undefined;
  const chunks = chunked ? parseChunks(rest, lineEnd).chunks : rest.length > 0 ? [rest] : [];
  const body = Buffer.concat(chunks);
  const cut = !framed && CUT_MARK.test(body.toString("latin1"));
  return { status: Number(status), reason, headers, fields, body, chunks, cut, raw };
}
