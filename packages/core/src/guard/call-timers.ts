import type { ChainTimeouts } from "../contract/contract.ts";
import { DEFAULT_TIMEOUTS, LONGEST_TIMER_MS } from "../contract/defaults.ts";

/** The timers that end a call. */
export type TimerName = "firstChunkMs" | "chunkMs" | "totalMs" | "commitMs";

/** Counts the silence of a provider while its consumer waits. */
export interface Watch {
  /** The consumer asks for the next part. */
  waiting(): void;
  /** Parts came; only content ends a silence. */
  received(content: boolean): void;
  /** Whether the consumer waits: what it takes itself is nobody's silence. */
  isWaiting(): boolean;
  /** Goes on after a timer that was due and did not end the call. */
  resume(): void;
  /** Stops all timers. */
  stop(): void;
}

const NAMES = Object.keys(DEFAULT_TIMEOUTS) as (keyof ChainTimeouts)[];
/** A timer that fires this much too late means that the process was stopped, not that the provider was silent. */
const WAKE_MS = 1_000;

/** A value for every timer: the later of the given timeouts go over the earlier, the defaults are below all. */
export function resolveTimeouts(...layers: readonly (ChainTimeouts | undefined)[]): {
  -readonly [Name in keyof ChainTimeouts]-?: number;
} {
  return layOver({ ...DEFAULT_TIMEOUTS }, layers);
}

/** The timers that somebody set: the later of the given timeouts go over the earlier. */
export function mergeTimeouts(...layers: readonly (ChainTimeouts | undefined)[]): ChainTimeouts {
  return layOver({}, layers);
}

function layOver<Timeouts extends { -readonly [Name in keyof ChainTimeouts]: number | undefined }>(
  timeouts: Timeouts,
  layers: readonly (ChainTimeouts | undefined)[],
): Timeouts {
  for (const layer of layers) {
    if (layer === undefined) continue;
    for (const name of NAMES) if (layer[name] !== undefined) timeouts[name] = layer[name];
  }
  return timeouts;
}

/** The stricter of two timeouts, of which `0` means none. */
export function capTimeout(value: number, cap: number | undefined): number {
  if (cap === undefined || cap === 0) return value;
  return value === 0 ? cap : Math.min(value, cap);
}

interface Due {
  readonly timer: TimerName;
  readonly at: number;
}

function earlier(a: Due | undefined, b: Due | undefined): Due | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return b.at < a.at ? b : a;
}

/** Starts the timers of a call, whose consumer waits; `expire` is called once, with the first of them that is due. */
export function createWatch(
  limits: Readonly<Record<TimerName, number>>,
  expire: (timer: TimerName) => void,
): Watch {
  return new CallWatch(limits, expire);
}

class CallWatch implements Watch {
  private readonly limits: Readonly<Record<TimerName, number>>;
  private readonly expire: (timer: TimerName) => void;
  private started: number;
  private waitingSince: number | undefined;
  private waited = 0;
  private committed = false;
  private timer: NodeJS.Timeout | undefined = undefined;
  private armedFor = 0;

  constructor(limits: Readonly<Record<TimerName, number>>, expire: (timer: TimerName) => void) {
    this.limits = limits;
    this.expire = expire;
    this.started = performance.now();
    this.waitingSince = this.started;
    this.arm(this.started);
  }

  waiting(): void {
    const now = performance.now();
    this.waitingSince = now;
    const silence = this.limits[this.committed ? "chunkMs" : "firstChunkMs"];
    // a timer that is armed for an earlier time looks again when it fires, so most parts arm none
    if (this.timer === undefined || (silence > 0 && now + silence - this.waited < this.armedFor))
      this.arm(now);
    else this.timer.ref();
  }

  received(content: boolean): void {
    if (content) {
      this.waited = 0;
      this.committed = true;
    } else if (this.waitingSince !== undefined) this.waited += performance.now() - this.waitingSince;
    this.waitingSince = undefined;
    // a consumer who never comes back keeps no process alive
    this.timer?.unref();
  }

  isWaiting(): boolean {
    return this.waitingSince !== undefined;
  }

  resume(): void {
    if (this.timer === undefined) this.arm(performance.now());
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private nextDue(): Due | undefined {
    const { committed, waitingSince, started } = this;
    const silence = committed ? "chunkMs" : "firstChunkMs";
    const silent = waitingSince === undefined ? undefined : this.dueAt(silence, waitingSince - this.waited);
    const commit = committed ? undefined : this.dueAt("commitMs", started);
    return earlier(earlier(silent, commit), this.dueAt("totalMs", started));
  }

  private dueAt(timer: TimerName, since: number): Due | undefined {
    return this.limits[timer] > 0 ? { timer, at: since + this.limits[timer] } : undefined;
  }

  private arm(now: number): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const due = this.nextDue();
    if (due === undefined) return;
    this.armedFor = due.at;
    const delay = Math.ceil(this.armedFor - now);
    if (delay > LONGEST_TIMER_MS) this.armedFor = now + LONGEST_TIMER_MS;
    this.timer = setTimeout(() => this.check(), Math.min(Math.max(0, delay), LONGEST_TIMER_MS));
    if (this.waitingSince === undefined) this.timer.unref();
  }

  private check(): void {
    this.timer = undefined;
    const due = this.nextDue();
    const now = performance.now();
    const late = now - this.armedFor;
    if (late > WAKE_MS) {
      this.started += late;
      // nobody knows how much of the silence before it was sleep: it starts anew
      if (this.waitingSince !== undefined) this.waitingSince = now;
      this.waited = 0;
      this.arm(now);
    } else if (due !== undefined && due.at <= now) this.expire(due.timer);
    else this.arm(now);
  }
}
