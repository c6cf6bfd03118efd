import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "vitest";
import { fuzzMs } from "../../core/test/properties/trials.ts";
import { within } from "./pause.ts";

/** One schedule: the number that decides all of it, and what is wrong with what came of it. */
export interface TriedSchedule {
  readonly seed: number;
  readonly problems: readonly string[];
  /** What it was about. */
  readonly schedule: unknown;
}

/** Plays the schedules of these seeds at once. */
export type TrySchedules = (seeds: readonly number[]) => Promise<readonly TriedSchedule[]>;

/** So many are played at once. */
const BATCH = 64;
const LONGEST_BATCH_MS = 120_000;
/** The seeds to try and no others, of one failure: `17` or `1-32`. */
const only = process.env["FALLTHROUGH_SCHEDULES"];

/** What a test of schedules may take. */
export const SCHEDULES_MS: number = 600_000 + fuzzMs;

/**
 * Plays so many schedules, always the same ones; `npm run fuzz` goes on with others until its time is over.
 *
 * A failure tells its seed and the command that repeats it.
 */
export async function trySchedules(file: string, count: number, play: TrySchedules): Promise<void> {
  const until = performance.now() + fuzzMs;
  let [seed, last] = rangeOf(count);
  let tried = 0;
  for (; seed <= last && (fuzzMs === 0 || performance.now() < until); seed += BATCH) {
    const seeds = Array.from({ length: Math.min(BATCH, last - seed + 1) }, (_, index) => seed + index);
    const results = await within(
      nextTurn(seeds).then(play),
      LONGEST_BATCH_MS,
      `a batch of schedules from ${seed}`,
    );
    tried += results.length;
    const failed = results.filter(({ problems }) => problems.length > 0);
    expect(failed.map((one) => describeFailure(one, file, `${seed}-${seeds.at(-1)}`))).toEqual([]);
  }
  if (fuzzMs > 0) console.log(`${tried} schedules of ${file}`);
}

/** What failed, and how it is repeated: alone, or beside the others if that is what it takes. */
function describeFailure({ seed, problems, schedule }: TriedSchedule, file: string, batch: string): string {
  const repeat = (seeds: number | string): string => `FALLTHROUGH_SCHEDULES=${seeds} npx vitest run ${file}`;
  const what = JSON.stringify(schedule);
  return `schedule ${seed}: ${problems.join("; ")}\n${what}\n${repeat(seed)}\n${repeat(batch)}`;
}

/** The first and the last seed. */
function rangeOf(count: number): [number, number] {
  if (only !== undefined) {
    const [first = Number.NaN, last = first] = only.split("-").map(Number);
    return [first, last];
  }
  if (fuzzMs === 0) return [1, count];
  // those of one run are seldom those of another
  return [count + Math.floor(Math.random() * 2 ** 40), Number.MAX_SAFE_INTEGER];
}
