import type { StreamPart } from "./contract.ts";
import { createPartIterator } from "./iterator.ts";
import { END, type PartIterator, TAKE } from "./take.ts";

type Result = IteratorResult<StreamPart, undefined>;

/**
 * The parts that a generator yields, then those of the stream that it returns.
 *
 * Does what `yield*` at its end would do, and leaves the generator out of the way of every further part.
 */
export function relay(
  before: AsyncIterator<StreamPart, AsyncIterable<StreamPart> | undefined>,
): AsyncIterableIterator<StreamPart, undefined> {
  let rest: PartIterator | undefined;
  let left = false;

  function receive(
    result: IteratorResult<StreamPart, AsyncIterable<StreamPart> | undefined>,
  ): Result | Promise<Result> {
    if (!result.done) return result;
    const parts = result.value?.[Symbol.asyncIterator]() as PartIterator | undefined;
    if (parts === undefined) return END;
    rest = parts;
    return left ? leave() : parts.next();
  }

  async function leave(): Promise<Result> {
    await rest?.return?.();
    return END;
  }

  return createPartIterator({
    take: () => rest?.[TAKE]?.(),
    next: () => (rest === undefined ? before.next().then(receive) : rest.next()),
    async return() {
      left = true;
      await (rest ?? before).return?.();
      return END;
    },
  });
}
