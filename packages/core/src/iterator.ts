import { TAKE } from "./take.ts";

// Names that are symbols are assigned here: V8 takes ten times as long for a literal that has them.

/** An iterator that is its own iterable, as those of generators are. */
export interface OwnIterator<Value> extends AsyncIterableIterator<Value, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** What an iterator does. */
export interface IteratorMethods<Value> {
  next(): Promise<IteratorResult<Value, undefined>>;
  return(): Promise<IteratorReturnResult<undefined>>;
}

/** The iterator that does this. */
export function createIterator<Value>({ next, return: leave }: IteratorMethods<Value>): OwnIterator<Value> {
  const iterator = { next, return: leave } as OwnIterator<Value>;
  iterator[Symbol.asyncIterator] = itself;
  return iterator;
}

/** The iterator that does this, and gives with `take` what has come already. */
export function createPartIterator<Value, Taken>(
  methods: IteratorMethods<Value> & { take(): Taken },
): OwnIterator<Value> & { [TAKE](): Taken } {
  const iterator = createIterator(methods) as OwnIterator<Value> & { [TAKE](): Taken };
  iterator[TAKE] = methods.take;
  return iterator;
}

/** These methods as an iterable. */
export function iterableOf<Value, Methods extends object>(
  iterate: () => AsyncIterator<Value, undefined>,
  methods: Methods,
): Methods & AsyncIterable<Value> {
  const iterable = methods as Methods & AsyncIterable<Value>;
  iterable[Symbol.asyncIterator] = iterate;
  return iterable;
}

function itself<Value>(this: OwnIterator<Value>): OwnIterator<Value> {
  return this;
}
