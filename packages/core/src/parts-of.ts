import type { StreamPart } from "./contract.ts";
import type { ServerSentEvent } from "./sse.ts";
import { END, ENDED, type PartIterator, TAKE } from "./take.ts";

/**
 * Adds to `parts` what a group of events says, and tells whether the answer has ended; `undefined` is the end of the
 * body. What it throws comes after the parts that it added before.
 */
export type GroupReader = (events: readonly ServerSentEvent[] | undefined, parts: StreamPart[]) => boolean;

/** The parts of an answer whose events come in groups, as `eventGroups()` gives them, or that came whole. */
export function partsOf(
  groups: AsyncIterable<readonly ServerSentEvent[]> | undefined,
  read: GroupReader,
): AsyncIterable<StreamPart> {
  return { [Symbol.asyncIterator]: () => createIterator(groups?.[Symbol.asyncIterator](), read) };
}

type Result = IteratorResult<StreamPart, undefined>;

// by hand: a generator would add turns of the microtask queue to each part
function createIterator(
  groups: AsyncIterator<readonly ServerSentEvent[]> | undefined,
  read: GroupReader,
): PartIterator {
  let parts: StreamPart[] = [];
  let given = 0;
  let ended = false;
  let failure: { readonly reason: unknown } | undefined;

  function take(): StreamPart | typeof ENDED | undefined {
    const part = parts[given];
    if (part !== undefined) {
      given++;
      return part;
    }
    if (failure !== undefined) {
      const { reason } = failure;
      failure = undefined;
      throw reason;
    }
    return ended ? ENDED : undefined;
  }

  function receive({ done, value }: IteratorResult<readonly ServerSentEvent[]>): Result | Promise<Result> {
    parts = [];
    given = 0;
    try {
      ended = read(done ? undefined : value, parts) || done === true;
    } catch (reason) {
      ended = true;
      failure = { reason };
    }
    // nobody waits for it: the answer is whole
    if (ended && !done) groups?.return?.().catch(() => {});
    return ended || parts.length > 0 ? settled() : wait();
  }

  function settled(): Result {
    const part = take();
    return part === undefined || part === ENDED ? END : { done: false, value: part };
  }

  function wait(): Promise<Result> {
    return (groups === undefined ? Promise.resolve(END) : groups.next()).then(receive);
  }

  return {
    [TAKE]: take,
    next: () => (ended || given < parts.length ? Promise.resolve().then(settled) : wait()),
    async return() {
      parts = [];
      failure = undefined;
      ended = true;
      await groups?.return?.();
      return END;
    },
  };
}
