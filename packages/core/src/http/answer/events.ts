import type { DEFAULT_LIMITS } from "../../contract/defaults.ts";
import type { ChatError } from "../../errors/chat-error.ts";
import { END } from "../../parts/part-reader.ts";
import { createSseParser, type ServerSentEvent, type SseParser } from "../../parts/sse.ts";
import { isChallenged, isPage } from "./block-page.ts";

/** The body that events are read from, and what it knows to say of one that has none. */
export interface EventBody {
  /** The headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The media type, without its parameters. */
  readonly contentType: string;
  /** The sizes that end the body. */
  readonly limits: typeof DEFAULT_LIMITS;
  /** The next decoded bytes, `undefined` at the end; @throws `limit` for a body of more than `limit` bytes */
  readBytes(limit: number): Promise<Uint8Array | undefined>;
  /** What a parser or a decoder threw, which does not know whose answer it reads. */
  named(reason: unknown): unknown;
  /** A page where none was expected: what the provider makes of it, else a block. */
  pageFailure(start?: string): Promise<ChatError>;
  /** What a body is that starts so and has no event. */
  noEvent(start: string): ChatError;
  /** Ends a body of which no more is read. */
  leave(): void;
}

/** The events that one read completed. */
type Group = readonly ServerSentEvent[];

/** The events of a body, as groups of those that came together. */
export function eventGroups(body: EventBody, limit: number): AsyncIterable<Group> {
  return new EventGroups(body, limit);
}

/** The events of these groups, one by one. */
export function singleEvents(groups: AsyncIterable<Group>): AsyncIterable<ServerSentEvent> {
  return new SingleEvents(groups[Symbol.asyncIterator]());
}

// iterators by hand: generators would add turns of the microtask queue to each event

class EventGroups implements AsyncIterableIterator<Group, undefined> {
  private readonly body: EventBody;
  private readonly limit: number;
  private readonly parser: SseParser;
  private readonly decoder = new TextDecoder();
  /** The text before the first event, which tells what a body without one is; `undefined` after the first. */
  private start: string | undefined = "";
  private finished = false;
  private ended = false;

  constructor(body: EventBody, limit: number) {
    this.body = body;
    this.limit = limit;
    this.parser = createSseParser(body.limits.eventBytes);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Group, undefined>> {
    if (this.ended) return END;
    try {
      const group = await this.read();
      if (group !== undefined) return { done: false, value: group };
    } catch (reason) {
      this.leave();
      throw reason;
    }
    this.leave();
    return END;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.ended) this.leave();
    return Promise.resolve(END);
  }

  /** The next events, `undefined` after the last. */
  private async read(): Promise<Group | undefined> {
    const { body } = this;
    if (isChallenged(body.headers)) throw await body.pageFailure();
    while (!this.finished) {
      const chunk = await body.readBytes(this.limit);
      this.finished = chunk === undefined;
      const text = this.decoder.decode(chunk, { stream: !this.finished });
      if (this.start !== undefined) {
        if (this.start.length < body.limits.errorBytes) this.start += text;
        if (isPage(body.contentType, this.start)) throw await body.pageFailure(this.start);
      }
      const group = this.parse(text);
      if (group.length === 0) continue;
      this.start = undefined;
      return group;
    }
    if (this.start === undefined) return undefined;
    throw body.noEvent(this.start);
  }

  private parse(text: string): Group {
    try {
      const events = this.parser.push(text);
      return this.finished ? [...events, ...this.parser.end()] : events;
    } catch (reason) {
      throw this.body.named(reason);
    }
  }

  private leave(): void {
    this.ended = true;
    this.body.leave();
  }
}

class SingleEvents implements AsyncIterableIterator<ServerSentEvent, undefined> {
  private readonly groups: AsyncIterator<Group>;
  private group: Group = [];
  private given = 0;

  constructor(groups: AsyncIterator<Group>) {
    this.groups = groups;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<ServerSentEvent, undefined>> {
    const event = this.group[this.given++];
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    return this.groups.next().then((result) => {
      if (result.done) return END;
      this.group = result.value;
      this.given = 0;
      return this.next();
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.group = [];
    await this.groups.return?.();
    return END;
  }
}
