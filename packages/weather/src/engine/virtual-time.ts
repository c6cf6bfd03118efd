import type { Random } from "./random.ts";
import { createTimerQueue } from "./timer-queue.ts";

/** Time that passes as fast as its timers can be called. */
export interface VirtualTime {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Calls back at this time. */
  at(time: number, callback: () => void): void;
  /**
   * Lets time pass until this holds, which is asked after every timer, or until no timer is left. Time stands still
   * while somebody is busy with something real.
   */
  runUntil(isOver: () => boolean, isBusy?: () => boolean): Promise<void>;
  /** The machine sleeps: the clocks go on, and what was due meanwhile fires late. */
  sleep(ms: number): void;
  /** Moves the clock on the wall, and nothing else. */
  moveWallClock(ms: number): void;
}

type Callback = (...args: readonly unknown[]) => void;

/** What stands in for a timer of the platform. */
class VirtualTimer {
  at: number;
  readonly order: number;
  readonly callback: () => void;
  readonly everyMs: number | undefined;
  cancelled = false;

  constructor(at: number, order: number, callback: () => void, everyMs?: number | undefined) {
    this.at = at;
    this.order = order;
    this.callback = callback;
    this.everyMs = everyMs;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return !this.cancelled;
  }
}

const { setImmediate: nextTurn } = globalThis;
/** The clock on the wall as time begins: any date will do. */
const WALL_START = Date.UTC(2026, 0, 1, 12);
/** The clock of `performance.now` as time begins: a process has always run for a while. */
const START = 1_000;

/**
 * Runs `body` with the platform's timers, clocks and chance replaced, and puts them back.
 *
 * Existing packages of fake timers wait a real millisecond for each timer. This one waits one turn of the event loop,
 * in which all promises settle.
 */
export async function inVirtualTime<Result>(
  random: Random,
  body: (time: VirtualTime) => Promise<Result>,
): Promise<Result> {
  const queue = createTimerQueue<VirtualTimer>();
  let current = START;
  let wall = WALL_START - START;
  let orders = 0;

  function schedule(delay: number, callback: () => void, everyMs?: number): VirtualTimer {
    const timer = new VirtualTimer(current + delay, ++orders, callback, everyMs);
    queue.push(timer);
    return timer;
  }

  function cancel(timer: unknown): void {
    if (timer instanceof VirtualTimer) timer.cancelled = true;
  }

  /** As the platform does it: no delay is shorter than a millisecond. */
  const delayOf = (ms: unknown): number => Math.max(1, Math.trunc(Number(ms ?? 1)) || 1);

  const replacements = {
    setTimeout: (callback: Callback, ms?: number, ...args: readonly unknown[]) =>
      schedule(delayOf(ms), () => callback(...args)),
    setInterval: (callback: Callback, ms?: number, ...args: readonly unknown[]) =>
      schedule(delayOf(ms), () => callback(...args), delayOf(ms)),
    setImmediate: (callback: Callback, ...args: readonly unknown[]) => schedule(0, () => callback(...args)),
    clearTimeout: cancel,
    clearInterval: cancel,
    clearImmediate: cancel,
  };

  function fire(timer: VirtualTimer): void {
    timer.callback();
    if (timer.everyMs === undefined || timer.cancelled) return;
    timer.at = current + timer.everyMs;
    queue.push(timer);
  }

  const time: VirtualTime = {
    now: () => current,
    at(due, callback) {
      schedule(Math.max(0, due - current), callback);
    },
    async runUntil(isOver, isBusy = () => false) {
      while (true) {
        do await new Promise<void>((resolve) => nextTurn(resolve));
        while (isBusy());
        if (isOver()) return;
        let timer = queue.shift();
        while (timer?.cancelled) timer = queue.shift();
        if (timer === undefined) return;
        current = Math.max(current, timer.at);
        fire(timer);
      }
    },
    sleep(ms) {
      current += ms;
    },
    moveWallClock(ms) {
      wall += ms;
    },
  };

  const restore = [
    replace(globalThis, replacements),
    replace(performance, { now: () => current }),
    replace(Date, { now: () => Math.trunc(wall + current) }),
    replace(Math, { random }),
    // nobody reads the stacks, and they would take longer than all else
    replace(Error, { stackTraceLimit: 0 }),
  ];
  try {
    return await body(time);
  } finally {
    for (const putBack of restore) putBack();
  }
}

/** Sets these properties; the function gives back what was there. */
function replace(target: object, properties: Readonly<Record<string, unknown>>): () => void {
  const names = Object.keys(properties);
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  for (const name of names) {
    Object.defineProperty(target, name, { value: properties[name], configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, descriptor);
    }
  };
}
