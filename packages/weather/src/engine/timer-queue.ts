/** A callback with the time at which it is due. */
export interface Timed {
  readonly at: number;
  /** Of two that are due together the lower one goes first. */
  readonly order: number;
}

/** What is due next, of many: a binary heap. */
export interface TimerQueue<Entry extends Timed> {
  push(entry: Entry): void;
  first(): Entry | undefined;
  shift(): Entry | undefined;
}

/** An empty queue. */
export function createTimerQueue<Entry extends Timed>(): TimerQueue<Entry> {
  const heap: Entry[] = [];

  function swap(a: number, b: number): void {
    [heap[a], heap[b]] = [heap[b] as Entry, heap[a] as Entry];
  }

  function isBefore(a: number, b: number): boolean {
    const left = heap[a];
    const right = heap[b];
    if (left === undefined || right === undefined) return left !== undefined;
    return left.at === right.at ? left.order < right.order : left.at < right.at;
  }

  return {
    push(entry) {
      let place = heap.push(entry) - 1;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(place, parent)) return;
        swap(place, parent);
        place = parent;
      }
    },
    first: () => heap[0],
    shift() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      let place = 0;
      while (true) {
        const child = 2 * place + (isBefore(2 * place + 2, 2 * place + 1) ? 2 : 1);
        if (!isBefore(child, place)) return first;
        swap(place, child);
        place = child;
      }
    },
  };
}
