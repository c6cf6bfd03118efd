import type { StreamPart } from "./contract.ts";
import { createPartIterator } from "./iterator.ts";
import type { ServerSentEvent } from "./sse.ts";
import { END, ENDED } from "./take.ts";

/**
 * Adds to `parts` what a group of events says, and tells whether the answer has ended; `undefined` is the end of the
 * body. What it throws comes after the parts that it added before.
 */
export type GroupReader = (events: readonly ServerSentEvent[] | undefined, parts: StreamPart[]) => boolean;

const NONE: readonly StreamPart[] = [];

type Result = IteratorResult<StreamPart, undefined>;

/** The parts of an answer that came whole. */
export function listParts(list: readonly StreamPart[]): AsyncIterableIterator<StreamPart, undefined> {
  let parts = list;
  let given = 0;

  function take(): StreamPart | typeof ENDED {
    const part = parts[given++];
    if (part === undefined) parts = NONE;
    return part ?? ENDED;
  }

  return createPartIterator({
    take,
    next: () => Promise.resolve(resultOf(take())),
    return() {
      parts = NONE;
      return Promise.resolve(END);
    },
  });
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
  const source = groups[Symbol.asyncIterator]();
  let parts = before;
  let given = 0;
  let ended = false;
  let failure: { readonly reason: unknown } | undefined;

  function take(): StreamPart | typeof ENDED | undefined {
    const part = parts[given++];
    if (part !== undefined) return part;
    // nothing that was given is kept: an iterator may live on as garbage, and all that it refers to with it
    parts = NONE;
    given = 0;
    if (failure !== undefined) {
      const { reason } = failure;
      failure = undefined;
      throw reason;
    }
    return ended ? ENDED : undefined;
  }

  function receive({ done, value }: IteratorResult<readonly ServerSentEvent[]>): Result | Promise<Result> {
    const read: StreamPart[] = [];
    parts = read;
    given = 0;
    try {
      ended = readGroup(done ? undefined : value, read) || done === true;
    } catch (reason) {
      ended = true;
      failure = { reason };
    }
    // nobody waits for it: the answer is whole
    if (ended && !done) source.return?.().catch(() => {});
    return ended || parts.length > 0 ? settled() : wait();
  }

  function settled(): Result {
    return resultOf(take());
  }

  function wait(): Promise<Result> {
    return source.next().then(receive);
  }

  // by hand: a generator would add turns of the microtask queue to each part
  return createPartIterator({
    take,
    next: () => (ended || given < parts.length ? Promise.resolve().then(settled) : wait()),
    async return() {
      parts = NONE;
      failure = undefined;
      ended = true;
      await source.return?.();
      return END;
    },
  });
}

function resultOf(part: StreamPart | typeof ENDED | undefined): Result {
  return part === undefined || part === ENDED ? END : { done: false, value: part };
}
