import type { Timeouts } from "./contract.ts";
import { DEFAULT_TIMEOUTS, LONGEST_TIMER_MS } from "./defaults.ts";

/** The timers that end a call. */
export type TimerName = "firstChunkMs" | "chunkMs" | "totalMs" | "commitMs";

/** Counts the silence of a provider while its consumer waits. */
export interface Watch {
  /** The consumer asks for the next part. */
  waiting(): void;
  /** A part came; only content ends a silence. */
  received(content: boolean): void;
  stop(): void;
}

const NAMES = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
/** A timer that fires so much too late tells that the process was stopped, not that the provider was silent. */
const WAKE_MS = 1_000;

/** A value for every timer: the later of the given timeouts go over the earlier, the defaults are below all. */
export function resolveTimeouts(
  ...layers: readonly (Timeouts | undefined)[]
): Required<{ [Name in keyof Timeouts]: number }> {
  const resolved = { ...DEFAULT_TIMEOUTS };
  for (const layer of layers) {
    if (layer === undefined) continue;
    for (const name of NAMES) resolved[name] = layer[name] ?? resolved[name];
  }
  return resolved;
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
  let started = performance.now();
  let waitingSince: number | undefined = started;
  let waited = 0;
  let committed = false;
  let timer: NodeJS.Timeout | undefined;
  let armedFor = 0;

  function nextDue(): Due | undefined {
    const silence = committed ? "chunkMs" : "firstChunkMs";
    const silent = waitingSince === undefined ? undefined : dueAt(silence, waitingSince - waited);
    const commit = committed ? undefined : dueAt("commitMs", started);
    return earlier(earlier(silent, commit), dueAt("totalMs", started));
  }

  function dueAt(timer: TimerName, since: number): Due | undefined {
    return limits[timer] > 0 ? { timer, at: since + limits[timer] } : undefined;
  }

  function arm(now: number): void {
    clearTimeout(timer);
    timer = undefined;
    const due = nextDue();
    if (due === undefined) return;
    armedFor = due.at;
    const delay = Math.ceil(armedFor - now);
    if (delay > LONGEST_TIMER_MS) armedFor = now + LONGEST_TIMER_MS;
    timer = setTimeout(check, Math.min(Math.max(0, delay), LONGEST_TIMER_MS));
  }

  function check(): void {
    timer = undefined;
    const due = nextDue();
    const now = performance.now();
    const late = now - armedFor;
    if (late > WAKE_MS) {
      started += late;
      // nobody knows how much of the silence before it was sleep: it starts anew
      if (waitingSince !== undefined) waitingSince = now;
      waited = 0;
      arm(now);
    } else if (due !== undefined && due.at <= now) expire(due.timer);
    else arm(now);
  }

  arm(started);

  return {
    waiting() {
      const now = performance.now();
      waitingSince = now;
      const silence = limits[committed ? "chunkMs" : "firstChunkMs"];
      // a timer that is armed for an earlier time looks again when it fires, so most parts touch no timer
      if (timer === undefined || (silence > 0 && now + silence - waited < armedFor)) arm(now);
    },
    received(content) {
      if (content) {
        waited = 0;
        committed = true;
      } else if (waitingSince !== undefined) waited += performance.now() - waitingSince;
      waitingSince = undefined;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
