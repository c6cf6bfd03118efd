import type { StreamPart } from "../contract/contract.ts";

/** The parts that came together: one read of a socket brings one list. */
export type PartList = readonly StreamPart[];

/** The parts of an answer, list by list, for one reader who asks for the next list once it has the one before. */
export interface PartLists {
  /** The next list, which may be empty; `undefined` at the end. */
  next(): Promise<PartList | undefined>;
  /** Ends a stream of which no more is read. */
  return(): Promise<void>;
}

/** A stream of lists that has not begun. */
export interface OpeningLists<Lists extends PartLists = PartLists> {
  /** Begins the stream; called once. `undefined` where the stream was left meanwhile. */
  open(): Promise<Lists | undefined>;
  /** Ends a stream of which nothing is read. */
  return(): Promise<void>;
}

/** Names the method by which a stream gives its parts in lists, also to another copy of this package. */
export const LISTS: unique symbol = Symbol.for("@fallthrough/core/1.lists") as never;

/** A stream of parts that can be read in lists, too. */
export interface ListedStream<Lists extends PartLists = PartLists> extends AsyncIterable<StreamPart> {
  /** The stream in lists; for whoever does not iterate it. */
  [LISTS](): OpeningLists<Lists>;
}
