import type { StreamPart } from "./contract.ts";

/**
 * Names the method of an iterator of parts that gives the next one without waiting.
 *
 * It gives `undefined` where nothing has come yet, or nothing will any more: `next()` tells which. It throws what
 * `next()` would reject with. An iterator without it works too, at the price of turns of the microtask queue for each
 * part in each layer.
 */
export const TAKE: unique symbol = Symbol.for("@fallthrough/core.take") as never;

/** An iterator of parts that may give what has come already without waiting. */
export interface PartIterator extends AsyncIterator<StreamPart, undefined> {
  [TAKE]?(): StreamPart | undefined;
}

/** The end of every stream. */
export const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });
