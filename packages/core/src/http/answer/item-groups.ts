import type { DEFAULT_LIMITS } from "../../contract/defaults.ts";
import type { ChatError } from "../../errors/chat-error.ts";
import { END } from "../../parts/part-reader.ts";
import { isUnexpectedPage } from "./body-format.ts";

/** The body that items are read from, and what it knows to say of one that has none. */
export interface ItemBody {
  /** Whether the headers say that a challenge guards the server. */
  readonly isChallenged: boolean;
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
  /** What a body is that starts so and has no item. */
  noItem(start: string): ChatError;
  /** Ends a body of which no more is read. */
  leave(): void;
}

/** Turns decoded text, cut anywhere, into items: events or lines. */
export interface ItemParser<Item> {
  /** The items that this text completes. */
  push(text: string): Item[];
  /** What the end of the body leaves. */
  end(): Item[];
}

/** The items of a body, as groups of those that came together. */
export function itemGroups<Item>(
  body: ItemBody,
  parser: ItemParser<Item>,
  limit: number,
): AsyncIterable<readonly Item[]> {
  return new ItemGroups(body, parser, limit);
}

/** The items of these groups, one by one. */
export function singleItems<Item>(groups: AsyncIterable<readonly Item[]>): AsyncIterable<Item> {
  return new SingleItems(groups[Symbol.asyncIterator]());
}

// iterators by hand: generators would add turns of the microtask queue to each item

class ItemGroups<Item> implements AsyncIterableIterator<readonly Item[], undefined> {
  private readonly body: ItemBody;
  private readonly limit: number;
  private readonly parser: ItemParser<Item>;
  private readonly decoder = new TextDecoder();
  /** The text before the first item, which shows what a body without items is; `undefined` after the first item. */
  private start: string | undefined = "";
  private finished = false;
  private ended = false;

  constructor(body: ItemBody, parser: ItemParser<Item>, limit: number) {
    this.body = body;
    this.limit = limit;
    this.parser = parser;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly Item[], undefined>> {
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

  /** The next items, `undefined` after the last. */
  private async read(): Promise<readonly Item[] | undefined> {
    const { body } = this;
    if (body.isChallenged) throw await body.pageFailure();
    while (!this.finished) {
      const chunk = await body.readBytes(this.limit);
      this.finished = chunk === undefined;
      const text = this.decoder.decode(chunk, { stream: !this.finished });
      if (this.start !== undefined) {
        if (this.start.length < body.limits.errorBytes) this.start += text;
        const isEnough = this.finished || text.includes("\n");
        if (isUnexpectedPage(body.contentType, this.start, isEnough))
          throw await body.pageFailure(this.start);
      }
      const group = this.parse(text);
      if (group.length === 0) continue;
      this.start = undefined;
      return group;
    }
    if (this.start === undefined) return undefined;
    throw body.noItem(this.start);
  }

  private parse(text: string): readonly Item[] {
    try {
      const items = this.parser.push(text);
      return this.finished ? [...items, ...this.parser.end()] : items;
    } catch (reason) {
      throw this.body.named(reason);
    }
  }

  private leave(): void {
    this.ended = true;
    this.body.leave();
  }
}

class SingleItems<Item> implements AsyncIterableIterator<Item, undefined> {
  private readonly groups: AsyncIterator<readonly Item[]>;
  private group: readonly Item[] = [];
  private given = 0;

  constructor(groups: AsyncIterator<readonly Item[]>) {
    this.groups = groups;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.group[this.given++];
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
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
