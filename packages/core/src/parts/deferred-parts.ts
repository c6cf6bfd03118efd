import type { StreamPart } from "../contract/contract.ts";
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
  return new Relay(open);
}

class Relay implements AsyncIterableIterator<StreamPart, undefined>, PartIterator {
  private readonly open: () => Promise<AsyncIterable<StreamPart>>;
  private opening: Promise<AsyncIterable<StreamPart>> | undefined = undefined;
  private parts: PartIterator | undefined = undefined;
  private left = false;

  constructor(open: () => Promise<AsyncIterable<StreamPart>>) {
    this.open = open;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [TAKE](): StreamPart | typeof ENDED | undefined {
    return this.parts?.[TAKE]?.();
  }

  next(): Promise<Result> {
    const { parts, opening, open } = this;
    if (parts !== undefined) return parts.next();
    // its first reader is told of a failure, and for any other the stream has ended
    if (opening !== undefined) {
      return opening.then(
        () => this.next(),
        () => END,
      );
    }
    if (this.left) return Promise.resolve(END);
    this.opening = open();
    return this.opening.then((stream) => this.receive(stream));
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.left = true;
    return this.leave();
  }

  private receive(stream: AsyncIterable<StreamPart>): Result | Promise<Result> {
    const parts = stream[Symbol.asyncIterator]() as PartIterator;
    this.parts = parts;
    if (this.left) return this.leave();
    // a promise that is given to another takes three turns of the microtask queue
    const part = parts[TAKE]?.();
    if (part === undefined) return parts.next();
    return part === ENDED ? END : { done: false, value: part };
  }

  private async leave(): Promise<IteratorReturnResult<undefined>> {
    await this.parts?.return?.();
    return END;
  }
}
