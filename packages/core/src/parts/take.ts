import type { StreamPart } from "../contract/contract.ts";

/**
 * Names the method of an iterator of parts that gives the next one without waiting.
 *
 * It gives `undefined` where nothing has come yet, and `ENDED` where it knows that nothing will any more. It throws what
 * `next()` would reject with. An iterator without it works too, at the price of turns of the microtask queue for each
 * part in each layer.
 */
export const TAKE: unique symbol = Symbol.for("@fallthrough/core.take") as never;

/** Stands for a part where `TAKE` knows that there is none any more. */
export const ENDED: unique symbol = Symbol.for("@fallthrough/core.ended") as never;

/** An iterator of parts that may give what has come already without waiting. */
export interface PartIterator extends AsyncIterator<StreamPart, undefined> {
  [TAKE]?(): StreamPart | typeof ENDED | undefined;
}

/** The parts of a guarded stream, whose end only `next()` tells. */
export interface GuardedParts extends AsyncIterableIterator<StreamPart, undefined> {
  [TAKE]?(): StreamPart | undefined;
}

/** The end of every stream. */
export const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
