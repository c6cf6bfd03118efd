import { grown, type HealthClock, stepOf } from "./cooldown.ts";
import type { Entry, Waiting } from "./entry.ts";
import { PROBE_SHARE, SILENCE, SUSPICION } from "./policy.ts";

/** Several calls have waited together for longer than is usual: nothing is known for certain, and much is likely. */
export function suspectSilence(entry: Entry, time: number, clock: HealthClock): void {
  if (entry.open !== undefined) return;
  let sum = entry.silentMs;
  let sharing = sum > 0 ? 1 : 0;
  for (const { at, firstChunkMs } of entry.waiting) {
    const waited = time - Math.max(at, entry.heardAt) - graceOf(entry, firstChunkMs);
    if (waited <= 0) break;
    sum += waited;
    sharing++;
    if (sharing > 1 && sum > boundOf(entry, firstChunkMs)) {
      suspect(entry, time, time, clock);
      return;
    }
  }
}

/** Takes the first content of a call that waited, or of one that did not. */
export function noteContent(entry: Entry, call: Waiting, time: number): void {
  if (entry.waiting.delete(call)) {
    entry.answers++;
    entry.slowestMs = Math.max(time - call.at, entry.slowestMs * SILENCE.forget);
  }
  entry.heardAt = time;
  entry.silentMs = 0;
}

/** Takes that a caller left who had waited in vain. */
export function noteSilence(
  entry: Entry,
  call: Waiting,
  { probing, lone }: { readonly probing: boolean; readonly lone: boolean },
  clock: HealthClock,
): void {
  const time = clock.now();
  const silentMs = time - Math.max(call.at, entry.heardAt);
  if (probing) {
    if (silentMs > graceOf(entry, call.firstChunkMs)) suspect(entry, time, call.at, clock);
    return;
  }
  entry.silentMs += silentMs;
  const boundMs = call.firstChunkMs * (lone ? PROBE_SHARE : 1);
  if (entry.open === undefined && entry.silentMs > boundMs) suspect(entry, time, time, clock);
}

/** Takes that a call ended in silence to which nobody else can add. */
export function suspectAlone(entry: Entry, clock: HealthClock): void {
  const time = clock.now();
  if (entry.open === undefined) suspect(entry, time, time, clock);
}

/** A caller who tests a silence does not wait as long as others do, at first: who is well says something sooner. */
export function patienceOf({ slowestMs, level }: Entry, firstChunkMs: number): number {
  const least = Math.max(firstChunkMs * PROBE_SHARE, slowestMs * SILENCE.bound.slowest);
  return least * SUSPICION.factor ** stepOf(level - 1);
}

function suspect(entry: Entry, time: number, since: number, clock: HealthClock): void {
  const { code, effect } = entry.open ?? { code: "timeout", effect: "suspect" };
  const until = Math.max(time, since + grown(SUSPICION, stepOf(entry.level)));
  entry.level++;
  entry.silentMs = 0;
  entry.open = { order: clock.order(time), since: time, until, hardUntil: 0, code, effect };
}

/** So long a call waits for its first content without being a sign of anything. */
export function graceOf({ slowestMs }: Entry, firstChunkMs: number): number {
  const { share, slowest } = SILENCE.grace;
  return Math.max(firstChunkMs * share, slowestMs * slowest);
}

function boundOf({ answers, slowestMs }: Entry, firstChunkMs: number): number {
  const { bound, unknown } = SILENCE;
  if (answers < unknown.answers) return firstChunkMs * unknown.timers;
  return Math.max(firstChunkMs * bound.share, slowestMs * bound.slowest);
}
