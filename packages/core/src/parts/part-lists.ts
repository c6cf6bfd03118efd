import type { StreamPart } from "../contract/contract.ts";
import {
  LISTS,
  type ListedStream,
  type OpeningLists,
  type PartList,
  type PartLists,
} from "./listed-stream.ts";
import { createPartReader, type PartReader } from "./part-reader.ts";
import type { ServerSentEvent } from "./sse.ts";

/**
 * Adds to `parts` what a group of events says, and returns whether the answer has ended; `undefined` is the end of the
 * body. What it throws comes after the parts that it added before.
 */
export type GroupReader = (events: readonly ServerSentEvent[] | undefined, parts: StreamPart[]) => boolean;

/** An answer whose events come in groups. */
export interface EventSource {
  /** The events that came together, as `eventGroups()` of a response gives them. */
  readonly groups: AsyncIterable<readonly ServerSentEvent[]>;
  /** Reads one group. */
  readonly read: GroupReader;
  /** Parts that are known before the answer. */
  readonly before?: PartList | undefined;
}

/** Where the parts of an answer come from: events in groups, another stream, or all at once. */
export type PartSource = EventSource | AsyncIterable<StreamPart> | PartList;

/**
 * The parts of what `open` gives; it is called when the first of them is asked for.
 *
 * The result is iterated like any stream, and the guard reads it list by list, which costs nothing for each part.
 */
export function partLists(open: () => PartSource | Promise<PartSource>): AsyncIterable<StreamPart> {
  return new DeferredLists(open);
}

/** The lists of any stream; those of one that knows no lists hold one part each. @throws where it is no stream */
export function openLists(stream: AsyncIterable<StreamPart>): OpeningLists {
  const listed = stream as Partial<ListedStream>;
  return listed[LISTS]?.() ?? new SinglePartLists(stream[Symbol.asyncIterator]());
}

class DeferredLists implements ListedStream, OpeningLists {
  private readonly begin: () => PartSource | Promise<PartSource>;
  private reader: PartReader<StreamPart> | undefined = undefined;
  private opening: OpeningLists | undefined = undefined;
  private left = false;

  constructor(begin: () => PartSource | Promise<PartSource>) {
    this.begin = begin;
  }

  [Symbol.asyncIterator](): PartReader<StreamPart> {
    this.reader ??= createPartReader(this, (part) => part);
    return this.reader;
  }

  [LISTS](): this {
    return this;
  }

  async open(): Promise<PartLists | undefined> {
    if (this.left) return undefined;
    const source = await this.begin();
    if ("groups" in source) return this.keep(new GroupedLists(source));
    if (Symbol.asyncIterator in source) {
      this.opening = openLists(source);
      return this.keep(await this.opening.open());
    }
    return new WholeList(source);
  }

  async return(): Promise<void> {
    this.left = true;
    await this.opening?.return();
  }

  private keep(lists: PartLists | undefined): PartLists | undefined {
    if (!this.left) return lists;
    // whoever left waits for nothing
    lists?.return().catch(() => {});
    return undefined;
  }
}

class WholeList implements PartLists {
  private list: PartList | undefined;

  constructor(list: PartList) {
    this.list = list;
  }

  next(): Promise<PartList | undefined> {
    const { list } = this;
    // an iterator may live on as garbage, and all that it refers to with it
    this.list = undefined;
    return Promise.resolve(list);
  }

  return(): Promise<void> {
    this.list = undefined;
    return Promise.resolve();
  }
}

class GroupedLists implements PartLists {
  private readonly groups: AsyncIterator<readonly ServerSentEvent[]>;
  private readonly read: GroupReader;
  private before: PartList | undefined;
  private ended = false;
  private failure: { readonly reason: unknown } | undefined = undefined;

  constructor({ groups, read, before }: EventSource) {
    this.groups = groups[Symbol.asyncIterator]();
    this.read = read;
    this.before = before;
  }

  next(): Promise<PartList | undefined> {
    const { before, failure } = this;
    if (before !== undefined) {
      this.before = undefined;
      return Promise.resolve(before);
    }
    if (failure !== undefined) {
      this.failure = undefined;
      return Promise.reject(failure.reason);
    }
    return this.ended ? Promise.resolve(undefined) : this.groups.next().then(this.receive);
  }

  async return(): Promise<void> {
    this.before = undefined;
    this.failure = undefined;
    this.ended = true;
    await this.groups.return?.();
  }

  private readonly receive = ({
    done,
    value,
  }: IteratorResult<readonly ServerSentEvent[]>): PartList | undefined => {
    const parts: StreamPart[] = [];
    try {
      this.ended = this.read(done ? undefined : value, parts) || done === true;
    } catch (reason) {
      this.ended = true;
      this.failure = { reason };
    }
    // nobody waits for it: the answer is whole
    if (this.ended && !done) this.groups.return?.().catch(() => {});
    return parts;
  };
}

/** The parts of a stream that knows no lists. */
class SinglePartLists implements PartLists, OpeningLists {
  private readonly parts: AsyncIterator<StreamPart>;

  constructor(parts: AsyncIterator<StreamPart>) {
    this.parts = parts;
  }

  open(): Promise<this> {
    return Promise.resolve(this);
  }

  next(): Promise<PartList | undefined> {
    return this.parts.next().then(listOf);
  }

  async return(): Promise<void> {
    await this.parts.return?.();
  }
}

function listOf({ done, value }: IteratorResult<StreamPart>): PartList | undefined {
  return done ? undefined : [value];
}
