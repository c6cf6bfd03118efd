const CRLF = "\r\n";

/** The start line and header fields of a request or response. */
export interface MessageHead {
  readonly startLine: string;
  /** Lower-case names; several values are joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** As written, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Reads a head whose lines end in LF or CRLF. */
export function parseHead(text: string): MessageHead {
  const [startLine = "", ...lines] = text.split(/\r?\n/);
  const fields = lines
    .filter((line) => line.includes(":"))
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
  return { startLine, headers: joinFields(fields), fields };
}

/** Fields by their lower-case names; several values are joined by a comma. */
export function joinFields(fields: MessageHead["fields"]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}, ${value}`;
  }
  return headers;
}

/** The chunks of a chunked body; `end` is the offset behind the last one, or undefined while it is not there. */
export interface ChunkedBody {
  readonly chunks: readonly Buffer[];
  readonly end: number | undefined;
}

/** Reads chunk framing; recordings kept as text have LF where the wire has CRLF. */
export function parseChunks(bytes: Buffer, lineEnd: "\n" | "\r\n" = CRLF): ChunkedBody {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const sizeEnd = bytes.indexOf(lineEnd, offset);
    const size = sizeEnd === -1 ? Number.NaN : Number.parseInt(bytes.toString("latin1", offset, sizeEnd), 16);
    const start = sizeEnd + lineEnd.length;
    const end = start + size + lineEnd.length;
    if (Number.isNaN(size) || bytes.length < end) return { chunks, end: undefined };
    if (size === 0) return { chunks, end };
    chunks.push(bytes.subarray(start, start + size));
    offset = end;
  }
}

/** What an HTTP response is made of. */
export interface HttpResponseParts {
  /** @default 200 */
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An array is sent chunked, one chunk each; anything else with its length. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;
}

/** The bytes of a whole response. */
export function httpResponse({ status, headers, body = "" }: HttpResponseParts): Buffer {
  if (typeof body === "string" || body instanceof Uint8Array) {
    const bytes = Buffer.from(body as string);
    return Buffer.concat([httpHead(status, { "content-length": `${bytes.length}`, ...headers }), bytes]);
  }
  const head = httpHead(status, { "transfer-encoding": "chunked", ...headers });
  return Buffer.concat([head, ...body.map(httpChunk), httpChunk("")]);
}

/** The bytes of an answer that is one JSON value. */
export function httpJson(
  value: unknown,
  status?: number,
  headers?: Readonly<Record<string, string>>,
): Buffer {
  return httpResponse({
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(value),
  });
}

/** The bytes of an answer that is an event stream. */
export function httpEvents(body: string, headers?: Readonly<Record<string, string>>): Buffer {
  return httpResponse({ headers: { "content-type": "text/event-stream", ...headers }, body: [body] });
}

/** The bytes of a response head and nothing else: what follows is up to the script. */
export function httpHead(status: number = 200, headers: Readonly<Record<string, string>> = {}): Buffer {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}${CRLF}`);
  return Buffer.from(`HTTP/1.1 ${status} Status${CRLF}${fields.join("")}${CRLF}`, "latin1");
}

/** One chunk with its framing; the empty one ends a body. */
export function httpChunk(data: string | Uint8Array): Buffer {
  const bytes = Buffer.from(data as string);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}${CRLF}`), bytes, Buffer.from(CRLF)]);
}
