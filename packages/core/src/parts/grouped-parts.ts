import type { StreamPart } from "../contract/contract.ts";
import type { ServerSentEvent } from "./sse.ts";
import { END, ENDED, type PartIterator, TAKE } from "./take.ts";

/**
 * Adds to `parts` what a group of events says, and tells whether the answer has ended; `undefined` is the end of the
 * body. What it throws comes after the parts that it added before.
 */
export type GroupReader = (events: readonly ServerSentEvent[] | undefined, parts: StreamPart[]) => boolean;

const NONE: readonly StreamPart[] = [];

type Result = IteratorResult<StreamPart, undefined>;

/** The parts of an answer that came whole. */
export function listParts(list: readonly StreamPart[]): AsyncIterableIterator<StreamPart, undefined> {
  return new ListedParts(list);
}

class ListedParts implements AsyncIterableIterator<StreamPart, undefined>, PartIterator {
  private parts: readonly StreamPart[];
  private given = 0;

  constructor(parts: readonly StreamPart[]) {
    this.parts = parts;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [TAKE](): StreamPart | typeof ENDED {
    const part = this.parts[this.given++];
    if (part === undefined) this.parts = NONE;
    return part ?? ENDED;
  }

  next(): Promise<Result> {
    return Promise.resolve(resultOf(this[TAKE]()));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.parts = NONE;
    return Promise.resolve(END);
  }
}

/**
 * The parts of an answer whose events come in groups, as `eventGroups()` gives them.
 *
 * `before` are those that are known before the answer.
 */
export function partsOf(
  groups: AsyncIterable<readonly ServerSentEvent[]>,
  readGroup: GroupReader,
  before: readonly StreamPart[] = NONE,
): AsyncIterableIterator<StreamPart, undefined> {
  return new GroupedParts(groups[Symbol.asyncIterator](), readGroup, before);
}

/** No generator: one would add turns of the microtask queue to each part. */
class GroupedParts implements AsyncIterableIterator<StreamPart, undefined>, PartIterator {
  private readonly source: AsyncIterator<readonly ServerSentEvent[]>;
  private readonly readGroup: GroupReader;
  private parts: readonly StreamPart[];
  private given = 0;
  private ended = false;
  private failure: { readonly reason: unknown } | undefined = undefined;

  constructor(
    source: AsyncIterator<readonly ServerSentEvent[]>,
    readGroup: GroupReader,
    before: readonly StreamPart[],
  ) {
    this.source = source;
    this.readGroup = readGroup;
    this.parts = before;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [TAKE](): StreamPart | typeof ENDED | undefined {
    const part = this.parts[this.given++];
    if (part !== undefined) return part;
    // nothing that was given is kept: an iterator may live on as garbage, and all that it refers to with it
    this.parts = NONE;
    this.given = 0;
    if (this.failure !== undefined) {
      const { reason } = this.failure;
      this.failure = undefined;
      throw reason;
    }
    return this.ended ? ENDED : undefined;
  }

  next(): Promise<Result> {
    if (!this.ended && this.given >= this.parts.length) return this.wait();
    return Promise.resolve().then(() => this.settled());
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.parts = NONE;
    this.failure = undefined;
    this.ended = true;
    await this.source.return?.();
    return END;
  }

  private wait(): Promise<Result> {
    return this.source.next().then(this.receive);
  }

  private readonly receive = ({
    done,
    value,
  }: IteratorResult<readonly ServerSentEvent[]>): Result | Promise<Result> => {
    const read: StreamPart[] = [];
    this.parts = read;
    this.given = 0;
    try {
      this.ended = this.readGroup(done ? undefined : value, read) || done === true;
    } catch (reason) {
      this.ended = true;
      this.failure = { reason };
    }
    // nobody waits for it: the answer is whole
    if (this.ended && !done) this.source.return?.().catch(() => {});
    return this.ended || read.length > 0 ? this.settled() : this.wait();
  };

  private settled(): Result {
    return resultOf(this[TAKE]());
  }
}

function resultOf(part: StreamPart | typeof ENDED | undefined): Result {
  return part === undefined || part === ENDED ? END : { done: false, value: part };
}
