import { type DEFAULT_LIMITS, TRAILER_MS } from "../defaults.ts";
import { ChatError } from "../errors.ts";
import { parseJson } from "../json.ts";
import { quote } from "../redact.ts";
import { createSseParser, type ServerSentEvent } from "../sse.ts";
import { isChallenge, looksLikePage } from "./block-page.ts";
import { decodeBody } from "./body.ts";
import type { Exchange } from "./exchange.ts";
import { type ErrorFactory, transportFailure } from "./failures.ts";
import type { BodyFormat, EventsOptions, HttpRequest, HttpResponse } from "./types.ts";

/** What a response is read with. */
export interface ResponseOptions {
  readonly exchange: Exchange;
  /** The request as messages name it: `POST /api/chat`. */
  readonly what: string;
  readonly limits: typeof DEFAULT_LIMITS;
  readonly signal: AbortSignal | undefined;
  readonly recognise: HttpRequest["recognise"];
  readonly error: ErrorFactory;
}

/** The response of an exchange whose head has come. */
export function createResponse(
  options: ResponseOptions,
): HttpResponse & { head(bytes: number): Promise<string> } {
  const { exchange, what, limits, signal, recognise, error } = options;
  const { status, headers, setCookie } = exchange;
  const contentType = mediaType(headers);
  const body = decodeBody(exchange, what);
  const decoder = new TextDecoder();
  /** Text that was looked at and not read yet. */
  let peeked = "";
  let bytes = 0;
  let atEnd = false;

  /** The next decoded text, `undefined` at the end. */
  async function read(limit: number): Promise<string | undefined> {
    if (peeked !== "") {
      const text = peeked;
      peeked = "";
      return text;
    }
    if (atEnd) return undefined;
    let chunk: Uint8Array | undefined;
    try {
      chunk = await body.read();
    } catch (reason) {
      if (signal?.aborted) throw signal.reason;
      if (reason instanceof ChatError) throw reason;
      throw transportFailure(reason, what, "preamble", exchange.received, error);
    }
    if (chunk === undefined) {
      atEnd = true;
      return decoder.decode();
    }
    bytes += chunk.length;
    if (bytes > limit) {
      body.close();
      throw error("limit", `${what} answered with more than ${limit} bytes`, { phase: "preamble" });
    }
    return decoder.decode(chunk, { stream: true });
  }

  async function readAll(limit: number): Promise<string> {
    const texts: string[] = [];
    for (let text = await read(limit); text !== undefined; text = await read(limit)) texts.push(text);
    return texts.join("");
  }

  /** At most the first characters of the body, and then its end. */
  async function head(length: number): Promise<string> {
    let text = "";
    while (text.length < length) {
      const more = await read(Number.POSITIVE_INFINITY);
      if (more === undefined) break;
      text += more;
    }
    return text.slice(0, length);
  }

  /** The body from its first character that is no white space; it stays to be read. */
  async function peek(): Promise<string> {
    const texts: string[] = [];
    let start = "";
    while (start === "") {
      const text = await read(limits.streamBytes);
      if (text === undefined) break;
      texts.push(text);
      start = text.trimStart();
    }
    peeked = texts.join("");
    return start;
  }

  async function format(): Promise<BodyFormat> {
    if (contentType === "text/event-stream") return "events";
    const start = await peek();
    if (start === "") return "empty";
    if (contentType === "application/json") return "json";
    if (start.startsWith("{") || start.startsWith("[")) return "json";
    if (/^(?:data|event|id|retry)?:/.test(start)) return "events";
    return contentType === "text/html" || start.startsWith("<") ? "html" : "text";
  }

  /** A page where none was expected: what the provider makes of it, else a block. */
  function pageFailure(text: string): ChatError {
    body.close();
    const answer = { status, headers, contentType, body: text.slice(0, limits.errorBytes) };
    return (
      recognise?.(answer) ??
      error("blocked", `${what} answered ${status} with a page for people`, { status, phase: "preamble" })
    );
  }

  async function* eventGroups({
    cumulative = false,
  }: EventsOptions = {}): AsyncGenerator<readonly ServerSentEvent[]> {
    const limit = cumulative ? Number.POSITIVE_INFINITY : limits.streamBytes;
    const parser = createSseParser(limits.eventBytes);
    let any = false;
    let start = "";
    try {
      for (;;) {
        const text = await read(limit);
        if (!any && start.length < limits.errorBytes) start += text ?? "";
        if (!any && (contentType === "text/html" || looksLikePage(start))) {
          throw pageFailure(start + (await head(limits.errorBytes - start.length)));
        }
        const group = text === undefined ? parser.end() : parser.push(text);
        if (group.length > 0) {
          any = true;
          yield group;
        }
        if (text === undefined) break;
      }
    } finally {
      // the end of the body usually follows its end marker at once, and then the connection can be used again
      if (!atEnd) setTimeout(() => body.close(), TRAILER_MS).unref();
    }
    if (any) return;
    if (start.trim() === "")
      throw error("empty", `${what} answered with an empty body`, { status, phase: "preamble" });
    const problem = `${what} answered ${quote(start)}, expected server-sent events`;
    throw (
      recognise?.({ status, headers, contentType, body: start.slice(0, limits.errorBytes) }) ??
      error("protocol", problem, { status, phase: "preamble" })
    );
  }

  return {
    status,
    headers,
    setCookie,
    contentType,
    format,
    head,
    eventGroups,

    async *events(eventsOptions) {
      for await (const group of eventGroups(eventsOptions)) yield* group;
    },

    async text() {
      const text = await readAll(limits.pageBytes);
      // an answer in JSON may quote such a page
      if ((contentType === "text/html" || looksLikePage(text)) && isChallenge(headers, text)) throw pageFailure(text);
      return text;
    },

    async json() {
      const kind = await format();
      if (kind === "html") throw pageFailure(await head(limits.errorBytes));
      const text = await readAll(limits.jsonBytes);
      if (text.trim() === "") throw error("empty", `${what} answered with an empty body`, { status });
      return parseJson(text, what, limits.jsonDepth);
    },
  };
}

/** The media type of an answer, lower-case and without parameters. */
export function mediaType(headers: Readonly<Record<string, string>>): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
