import type { StreamPart } from "../contract/contract.ts";
import type { OpeningLists, PartList, PartLists } from "./listed-stream.ts";

/** The end of every stream. */
export const END: IteratorReturnResult<undefined> = Object.freeze({ done: true, value: undefined });

/** Reads a stream of lists part by part. */
export interface PartReader<Value> extends AsyncIterator<Value, undefined> {
  /** The reader itself. */
  [Symbol.asyncIterator](): PartReader<Value>;
  /** The next part. */
  next(): Promise<IteratorResult<Value, undefined>>;
  /** Leaves the stream. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** The parts that have come and were not read. */
  unread(): PartList;
  /** Forgets the parts that were not read. */
  discard(): void;
}

const NONE: PartList = [];

/** A reader that gives what `pick` makes of each part, and nothing for those of which it makes `undefined`. */
export function createPartReader<Value>(
  opening: OpeningLists,
  pick: (part: StreamPart) => Value | undefined,
): PartReader<Value> {
  return new ListReader(opening, pick);
}

class ListReader<Value> implements PartReader<Value> {
  // hidden, so that nobody logs what a stream leads to who logs the stream
  readonly #opening: OpeningLists;
  readonly #pick: (part: StreamPart) => Value | undefined;
  #lists: PartLists | undefined = undefined;
  #list: PartList = NONE;
  #read = 0;
  /** Nothing comes any more. */
  #over = false;
  #waiting = false;
  /** How many calls of `next` wait for those before them. */
  #queued = 0;
  #last: Promise<unknown> | undefined = undefined;

  constructor(opening: OpeningLists, pick: (part: StreamPart) => Value | undefined) {
    this.#opening = opening;
    this.#pick = pick;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    if (this.#waiting || this.#queued > 0) return this.#queue();
    const next = this.#give();
    if (this.#waiting) this.#last = next;
    return next;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#over = true;
    try {
      await (this.#lists ?? this.#opening).return();
    } finally {
      this.discard();
    }
    return END;
  }

  unread(): PartList {
    return this.#list.slice(this.#read);
  }

  discard(): void {
    this.#list = NONE;
    this.#read = 0;
  }

  /** Its turn comes after all earlier ones, however those end, as with a generator. */
  #queue(): Promise<IteratorResult<Value, undefined>> {
    this.#queued++;
    const turn = (): Promise<IteratorResult<Value, undefined>> => {
      this.#queued--;
      return this.#give();
    };
    const next = (this.#last as Promise<unknown>).then(turn, turn);
    this.#last = next;
    return next;
  }

  #give(): Promise<IteratorResult<Value, undefined>> {
    if (this.#over) return Promise.resolve(END);
    const value = this.#take();
    return value === undefined ? this.#wait() : Promise.resolve({ done: false, value });
  }

  #take(): Value | undefined {
    const list = this.#list;
    while (this.#read < list.length) {
      const value = this.#pick(list[this.#read++] as StreamPart);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  async #wait(): Promise<IteratorResult<Value, undefined>> {
    this.#waiting = true;
    // nothing that was given is kept: an iterator may live on as garbage, and all that it refers to with it
    this.discard();
    try {
      this.#lists ??= await this.#opening.open();
      for (;;) {
        const list = await this.#lists?.next();
        if (list === undefined || this.#over) break;
        this.#list = list;
        this.#read = 0;
        const value = this.#take();
        if (value !== undefined) return { done: false, value };
      }
      this.#over = true;
      return END;
    } catch (reason) {
      this.#over = true;
      throw reason;
    } finally {
      this.#waiting = false;
    }
  }
}
