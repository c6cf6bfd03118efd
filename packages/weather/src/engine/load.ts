import type { Random } from "./random.ts";

/** Somebody who asks once. */
export interface Caller {
  /** Milliseconds since the start. */
  readonly at: number;
  /** How long he waits for the first text, in milliseconds. @default as long as it takes */
  readonly patienceMs?: number | undefined;
  /** The services that he lets be asked, in order. @default all */
  readonly route?: readonly string[] | undefined;
}

type Manner = Omit<Caller, "at">;

/** One caller each so many seconds, not quite in step. */
export function steady(
  random: Random,
  { from = 0, to, every }: { readonly from?: number; readonly to: number; readonly every: number },
  manner: Manner = {},
): readonly Caller[] {
  const callers: Caller[] = [];
  for (let at = from; at < to; at += every) {
    callers.push({ at: Math.round(1_000 * (at + every * random())), ...manner });
  }
  return callers;
}

/** So many callers within a tenth of a second. */
export function storm(
  random: Random,
  { at, count }: { readonly at: number; readonly count: number },
): readonly Caller[] {
  return Array.from({ length: count }, () => ({ at: Math.round(1_000 * at + 100 * random()) }));
}
