import type { StreamPart } from "./contract.ts";
import { createPartIterator } from "./iterator.ts";
import { END, ENDED, type PartIterator, TAKE } from "./take.ts";

type Result = IteratorResult<StreamPart, undefined>;

/**
 * The parts of the stream that `open` comes to; it is called when the first of them is asked for.
 *
 * Does what a generator with `yield* await open()` would do, and is out of the way of every part.
 */
export function relay(
  open: () => Promise<AsyncIterable<StreamPart>>,
): AsyncIterableIterator<StreamPart, undefined> {
  let opening: Promise<AsyncIterable<StreamPart>> | undefined;
  let parts: PartIterator | undefined;
  let left = false;

  function receive(stream: AsyncIterable<StreamPart>): Result | Promise<Result> {
    parts = stream[Symbol.asyncIterator]() as PartIterator;
    if (left) return leave();
    // a promise that is given to another takes three turns of the microtask queue
    const part = parts[TAKE]?.();
    if (part === undefined) return parts.next();
    return part === ENDED ? END : { done: false, value: part };
  }

  async function leave(): Promise<IteratorReturnResult<undefined>> {
    await parts?.return?.();
    return END;
  }

  function next(): Promise<Result> {
    if (parts !== undefined) return parts.next();
    // its first reader is told of a failure, and for any other the stream has ended
    if (opening !== undefined) return opening.then(next, () => END);
    if (left) return Promise.resolve(END);
    opening = open();
    return opening.then(receive);
  }

  return createPartIterator({
    take: () => parts?.[TAKE]?.(),
    next,
    return() {
      left = true;
      return leave();
    },
  });
}
