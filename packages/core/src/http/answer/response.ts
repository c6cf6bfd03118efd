import { type DEFAULT_LIMITS, ERROR_BODY_MS, TRAILER_MS } from "../../contract/defaults.ts";
import { ChatError } from "../../errors/chat-error.ts";
import { quote } from "../../errors/redact.ts";
import { parseJson } from "../../parts/json.ts";
import { createSseParser, type ServerSentEvent } from "../../parts/sse.ts";
import type { BodyFormat, EventsOptions, HttpRequest, HttpResponse } from "../types.ts";
import { isChallenge, isChallenged, isLoginPage } from "./block-page.ts";
import { decodeBody } from "./body.ts";
import { bodyFormat, isUnexpectedPage, opensJson } from "./body-format.ts";
import type { Body } from "./decoded-body.ts";
import { type Exchange, joinBytes } from "./exchange.ts";
import { type ErrorFactory, knownFailure, transportFailure } from "./failures.ts";
import { type ItemBody, itemGroups, singleItems } from "./item-groups.ts";
import { createLineParser } from "./line-parser.ts";

/** Statuses that have no body, however long the connection stays open. */
const BODILESS: readonly number[] = [204, 205, 304];

/** Decodes what is whole, and so keeps nothing of it. */
const DECODER = new TextDecoder();

/** What a response is read with. */
export interface ResponseOptions {
  /** The exchange whose answer is read. */
  readonly exchange: Exchange;
  /** The request as messages name it: `POST /api/chat`. */
  readonly what: string;
  /** The sizes that end the body. */
  readonly limits: typeof DEFAULT_LIMITS;
  /** Ends the reading. */
  readonly signal: AbortSignal | undefined;
  /** Finds a failure in a body that looks like an answer. */
  readonly recognise: HttpRequest["recognise"];
  /** Makes an error that names the request. */
  readonly error: ErrorFactory;
  /** Whether the request asked for a page for people. */
  readonly wantsPage: boolean;
}

/** The response of an exchange whose head has come. */
export function createResponse(options: ResponseOptions): HttpResponse & { failedBody(): Promise<string> } {
  return new ExchangeResponse(options);
}

class ExchangeResponse implements HttpResponse, ItemBody {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly setCookie: readonly string[];
  readonly contentType: string;
  readonly limits: typeof DEFAULT_LIMITS;
  readonly isChallenged: boolean;
  private readonly exchange: Exchange;
  private readonly body: Body;
  private readonly what: string;
  private readonly signal: AbortSignal | undefined;
  private readonly recognise: HttpRequest["recognise"];
  private readonly error: ErrorFactory;
  private readonly wantsPage: boolean;
  /** Bytes that were looked at and not read yet. */
  private peeked: Uint8Array | undefined = undefined;
  private readCount = 0;
  private atEnd = false;
  /** Whether the body shows by itself that it is whole. */
  private provesItself = false;
  /** What the body was seen to be. */
  private seen: BodyFormat | undefined = undefined;

  constructor({ exchange, what, limits, signal, recognise, error, wantsPage }: ResponseOptions) {
    this.status = exchange.status;
    this.headers = exchange.headers;
    this.setCookie = exchange.setCookie;
    this.contentType = mediaType(exchange.headers);
    this.limits = limits;
    this.exchange = exchange;
    this.body = decodeBody(exchange, what);
    this.what = what;
    this.signal = signal;
    this.recognise = recognise;
    this.error = error;
    this.wantsPage = wantsPage;
    this.isChallenged = isChallenged(exchange.headers);
  }

  async format(): Promise<BodyFormat> {
    const { contentType, limits } = this;
    if (this.isChallenged) return "html";
    if (contentType === "text/event-stream") {
      // no event begins so, and some servers announce a stream whatever they send
      this.peeked = await this.readBytes(limits.streamBytes);
      this.seen = this.peeked !== undefined && opensJson(this.peeked) ? "json" : "events";
      return this.seen;
    }
    const chunks: Uint8Array[] = [];
    while (this.seen === undefined) {
      const more = this.readCount < limits.errorBytes ? await this.readBytes(limits.streamBytes) : undefined;
      if (more !== undefined) chunks.push(more);
      const start = joinBytes(chunks).subarray(0, limits.errorBytes);
      // a body that opens like JSON is recognised without being decoded
      if (opensJson(start)) this.seen = "json";
      else this.seen = bodyFormat(contentType, DECODER.decode(start), more === undefined);
    }
    if (chunks.length > 0) this.peeked = joinBytes(chunks);
    return this.seen;
  }

  async text(): Promise<string> {
    const text = await this.readAll(this.limits.pageBytes);
    const { headers, contentType, wantsPage } = this;
    if (isChallenge(headers, contentType, text) || (!wantsPage && isLoginPage(contentType, text)))
      throw await this.pageFailure(text);
    return text;
  }

  async json(): Promise<unknown> {
    this.provesItself = true;
    if ((this.seen ?? (await this.format())) === "html") throw await this.pageFailure();
    const text = await this.readAll(this.limits.jsonBytes);
    if (text.trim() === "") throw this.emptyBody();
    try {
      return parseJson(text, this.what, this.limits.jsonDepth);
    } catch (reason) {
      throw this.named(reason);
    }
  }

  events(options?: EventsOptions): AsyncIterable<ServerSentEvent> {
    return singleItems(this.eventGroups(options));
  }

  eventGroups({ cumulative = false }: EventsOptions = {}): AsyncIterable<readonly ServerSentEvent[]> {
    const { eventBytes, streamBytes } = this.limits;
    return itemGroups(this, createSseParser(eventBytes), cumulative ? Number.POSITIVE_INFINITY : streamBytes);
  }

  lines(): AsyncIterable<string> {
    const { eventBytes, streamBytes } = this.limits;
    return singleItems(itemGroups(this, createLineParser(eventBytes), streamBytes));
  }

  async *bytes(): AsyncGenerator<Uint8Array, undefined> {
    try {
      if (this.isChallenged) throw await this.pageFailure();
      const start = await this.readStart();
      if (start.length === 0) throw this.emptyBody();
      yield start;
      while (!this.atEnd) {
        const bytes = await this.readBytes(this.limits.streamBytes);
        if (bytes !== undefined) yield bytes;
      }
    } finally {
      this.leave();
    }
  }

  /** The start of a body whose verdict is known already: it may neither take long nor fail. */
  async failedBody(start = ""): Promise<string> {
    const { body, limits, signal } = this;
    if (BODILESS.includes(this.status)) {
      body.close();
      return "";
    }
    const timer = setTimeout(() => body.close(), ERROR_BODY_MS);
    const decoder = new TextDecoder();
    let text = start;
    try {
      while (text.length < limits.errorBytes) {
        const chunk = await this.readBytes(Number.POSITIVE_INFINITY);
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

  async readBytes(limit: number): Promise<Uint8Array | undefined> {
    const { peeked } = this;
    this.peeked = undefined;
    if (peeked !== undefined) return peeked;
    if (this.atEnd) return undefined;
    let chunk: Uint8Array | undefined;
    try {
      chunk = await this.body.read();
      if (chunk === undefined && this.exchange.broken !== undefined && !this.provesItself)
        throw this.exchange.broken;
    } catch (reason) {
      if (this.signal?.aborted) throw this.signal.reason;
      if (reason instanceof ChatError) throw this.named(reason);
      throw transportFailure(reason, this.what, "preamble", this.exchange.received, this.error);
    }
    this.atEnd = chunk === undefined || this.body.isRead?.() === true;
    this.readCount += chunk?.length ?? 0;
    if (this.readCount <= limit) return chunk;
    this.body.close();
    const problem = `${this.what} answered with more than ${limit} bytes`;
    throw this.error("limit", problem, { status: this.status, phase: "preamble" });
  }

  named(reason: unknown): unknown {
    if (!(reason instanceof ChatError)) return reason;
    const { code, message, cause } = reason;
    return this.error(code, message, { status: this.status, phase: "preamble", cause });
  }

  async pageFailure(start?: string): Promise<ChatError> {
    const { status, headers, contentType, recognise } = this;
    const answer = { status, headers, contentType, body: await this.failedBody(start) };
    const problem = `${this.what} answered ${status} with a page for people`;
    return knownFailure(recognise?.(answer), this.error, "blocked", problem, { status, phase: "preamble" });
  }

  noItem(start: string): ChatError {
    if (start.trim() === "") return this.emptyBody();
    const { status, headers, contentType, recognise } = this;
    const problem = `${this.what} answered ${quote(start)}, expected server-sent events`;
    const known = recognise?.({ status, headers, contentType, body: start.slice(0, this.limits.errorBytes) });
    return knownFailure(known, this.error, "protocol", problem, { status, phase: "preamble" });
  }

  leave(): void {
    const { body } = this;
    // the end of the body usually follows its end marker at once, and then the connection can be used again
    if (this.exchange.isOpen()) setTimeout(() => body.close(), TRAILER_MS).unref();
    else if (!this.atEnd) body.close();
  }

  /** The start of the body that shows that it is no page, mostly the first piece. */
  private async readStart(): Promise<Uint8Array> {
    const { contentType, limits } = this;
    const chunks: Uint8Array[] = [];
    for (;;) {
      const chunk = await this.readBytes(limits.streamBytes);
      if (chunk !== undefined) chunks.push(chunk);
      const bytes = joinBytes(chunks);
      const text = DECODER.decode(bytes.subarray(0, limits.errorBytes));
      const isEnough = chunk === undefined || bytes.length >= limits.errorBytes;
      const isPage = isUnexpectedPage(contentType, text, isEnough);
      if (isPage) throw await this.pageFailure(text);
      if (isPage === false) return bytes;
    }
  }

  /** The whole text, decoded at once: a large answer would otherwise be copied once more. */
  private async readAll(limit: number): Promise<string> {
    const chunks = this.peeked === undefined ? [] : [this.peeked];
    this.peeked = undefined;
    while (!this.atEnd) {
      const chunk = await this.readBytes(limit);
      if (chunk !== undefined) chunks.push(chunk);
    }
    return DECODER.decode(joinBytes(chunks));
  }

  private emptyBody(): ChatError {
    const problem = `${this.what} answered with an empty body`;
    return this.error("empty", problem, { status: this.status, phase: "preamble" });
  }
}

/** The media type of an answer, lower-case and without parameters. */
export function mediaType(headers: Readonly<Record<string, string>>): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
