import { type DEFAULT_LIMITS, ERROR_BODY_MS, TRAILER_MS } from "../defaults.ts";
import { ChatError } from "../errors.ts";
import { createIterator, type OwnIterator } from "../iterator.ts";
import { parseJson } from "../json.ts";
import { quote } from "../redact.ts";
import { createSseParser, type ServerSentEvent } from "../sse.ts";
import { END } from "../take.ts";
import { isChallenge, isChallenged, isPage } from "./block-page.ts";
import { decodeBody } from "./body.ts";
import { bodyFormat, opensJson } from "./body-format.ts";
import { type Exchange, joinBytes } from "./exchange.ts";
import { type ErrorFactory, knownFailure, transportFailure } from "./failures.ts";
import type { BodyFormat, EventsOptions, HttpRequest, HttpResponse } from "./types.ts";

/** Statuses that have no body, however long the connection stays open. */
const BODILESS: readonly number[] = [204, 205, 304];

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
export function createResponse(options: ResponseOptions): HttpResponse & { failedBody(): Promise<string> } {
  const { exchange, what, limits, signal, recognise, error } = options;
  const { status, headers, setCookie } = exchange;
  const contentType = mediaType(headers);
  const body = decodeBody(exchange, what);
  const decoder = new TextDecoder();
  /** Bytes that were looked at and not read yet. */
  let peeked: Uint8Array | undefined;
  let bytes = 0;
  let atEnd = false;
  /** What the body was seen to be. */
  let seen: BodyFormat | undefined;

  /** What a parser gives or throws: it does not know whose answer it reads. */
  function named<Value>(parse: () => Value): Value {
    try {
      return parse();
    } catch (reason) {
      throw reason instanceof ChatError ? name(reason) : reason;
    }
  }

  function name({ code, message, cause }: ChatError): ChatError {
    return error(code, message, { status, phase: "preamble", cause });
  }

  /** The next decoded bytes, `undefined` at the end. */
  async function readBytes(limit: number): Promise<Uint8Array | undefined> {
    if (peeked !== undefined) {
      const chunk = peeked;
      peeked = undefined;
      return chunk;
    }
    if (atEnd) return undefined;
    let chunk: Uint8Array | undefined;
    try {
      chunk = await body.read();
    } catch (reason) {
      if (signal?.aborted) throw signal.reason;
      if (reason instanceof ChatError) throw name(reason);
      throw transportFailure(reason, what, "preamble", exchange.received, error);
    }
    atEnd = chunk === undefined;
    bytes += chunk?.length ?? 0;
    if (bytes <= limit) return chunk;
    body.close();
    throw error("limit", `${what} answered with more than ${limit} bytes`, { status, phase: "preamble" });
  }

  /** The whole text, decoded at once: a large answer would otherwise be copied once more. */
  async function readAll(limit: number): Promise<string> {
    const chunks = peeked === undefined ? [] : [peeked];
    peeked = undefined;
    for (let chunk = await readBytes(limit); chunk !== undefined; chunk = await readBytes(limit))
      chunks.push(chunk);
    return decoder.decode(joinBytes(chunks));
  }

  /** The start of a body whose verdict is known already: it may neither take long nor fail. */
  async function failedBody(start = ""): Promise<string> {
    if (BODILESS.includes(status)) {
      body.close();
      return "";
    }
    const timer = setTimeout(() => body.close(), ERROR_BODY_MS);
    let text = start;
    try {
      while (text.length < limits.errorBytes) {
        const chunk = await readBytes(Number.POSITIVE_INFINITY);
        text += decoder.decode(chunk, { stream: chunk !== undefined });
        if (chunk === undefined) break;
      }
    } catch {
      signal?.throwIfAborted();
    } finally {
      clearTimeout(timer);
      body.close();
    }
    return text.slice(0, limits.errorBytes);
  }

  async function format(): Promise<BodyFormat> {
    if (isChallenged(headers)) return "html";
    if (contentType === "text/event-stream") return "events";
    const chunks: Uint8Array[] = [];
    while (seen === undefined) {
      const more = bytes < limits.errorBytes ? await readBytes(limits.streamBytes) : undefined;
      if (more !== undefined) chunks.push(more);
      const start = joinBytes(chunks).subarray(0, limits.errorBytes);
      // what opens like JSON is told without being decoded
      seen = opensJson(start) ? "json" : bodyFormat(contentType, decoder.decode(start), more === undefined);
    }
    if (chunks.length > 0) peeked = joinBytes(chunks);
    return seen;
  }

  /** A page where none was expected: what the provider makes of it, else a block. */
  async function pageFailure(start?: string): Promise<ChatError> {
    const answer = { status, headers, contentType, body: await failedBody(start) };
    const problem = `${what} answered ${status} with a page for people`;
    return knownFailure(recognise?.(answer), error, "blocked", problem, { status, phase: "preamble" });
  }

  // an iterator by hand: a generator function that is made per response gives V8 a new shape each time
  function eventGroups({ cumulative = false }: EventsOptions = {}): OwnIterator<readonly ServerSentEvent[]> {
    const limit = cumulative ? Number.POSITIVE_INFINITY : limits.streamBytes;
    const parser = createSseParser(limits.eventBytes);
    let any = false;
    let start = "";
    let finished = false;
    let ended = false;

    /** The next events, `undefined` after the last. */
    async function read(): Promise<readonly ServerSentEvent[] | undefined> {
      if (isChallenged(headers)) throw await pageFailure();
      while (!finished) {
        const chunk = await readBytes(limit);
        finished = chunk === undefined;
        const text = decoder.decode(chunk, { stream: !finished });
        if (!any) {
          if (start.length < limits.errorBytes) start += text;
          if (isPage(contentType, start)) throw await pageFailure(start);
        }
        const group = named(() => {
          const events = parser.push(text);
          return finished ? [...events, ...parser.end()] : events;
        });
        if (group.length === 0) continue;
        any = true;
        start = "";
        return group;
      }
      if (!any) throw noEvent(start);
      return undefined;
    }

    function leave(): void {
      ended = true;
      // the end of the body usually follows its end marker at once, and then the connection can be used again
      if (exchange.isOpen()) setTimeout(() => body.close(), TRAILER_MS).unref();
      else if (!atEnd) body.close();
    }

    return createIterator({
      async next() {
        if (ended) return END;
        try {
          const group = await read();
          if (group !== undefined) return { done: false, value: group };
        } catch (reason) {
          leave();
          throw reason;
        }
        leave();
        return END;
      },
      return() {
        if (!ended) leave();
        return Promise.resolve(END);
      },
    });
  }

  /** What a body without an event is. */
  function noEvent(start: string): ChatError {
    if (start.trim() === "")
      return error("empty", `${what} answered with an empty body`, { status, phase: "preamble" });
    const problem = `${what} answered ${quote(start)}, expected server-sent events`;
    const known = recognise?.({ status, headers, contentType, body: start.slice(0, limits.errorBytes) });
    return knownFailure(known, error, "protocol", problem, { status, phase: "preamble" });
  }

  return {
    status,
    headers,
    setCookie,
    contentType,
    format,
    failedBody,
    eventGroups,

    events(eventsOptions) {
      const groups = eventGroups(eventsOptions);
      let group: readonly ServerSentEvent[] = [];
      let next = 0;
      const iterator: OwnIterator<ServerSentEvent> = createIterator({
        next() {
          const event = group[next++];
          if (event !== undefined) return Promise.resolve({ done: false, value: event });
          return groups.next().then((result) => {
            if (result.done) return result;
            group = result.value;
            next = 0;
            return iterator.next();
          });
        },
        return() {
          group = [];
          return groups.return();
        },
      });
      return iterator;
    },

    async text() {
      const text = await readAll(limits.pageBytes);
      if (isChallenge(headers, contentType, text)) throw await pageFailure(text);
      return text;
    },

    async json() {
      if ((seen ?? (await format())) === "html") throw await pageFailure();
      const text = await readAll(limits.jsonBytes);
      if (text.trim() === "")
        throw error("empty", `${what} answered with an empty body`, { status, phase: "preamble" });
      return named(() => parseJson(text, what, limits.jsonDepth));
    },
  };
}

/** The media type of an answer, lower-case and without parameters. */
export function mediaType(headers: Readonly<Record<string, string>>): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
