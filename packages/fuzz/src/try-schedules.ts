import { setImmediate as nextTurn } from "node:timers/promises";
import { expect } from "vitest";
import { fuzzMs } from "../../core/test/properties/trials.ts";
import { within } from "./pause.ts";
import { mayBeSilent, type Play } from "./play.ts";

/** One schedule: the number that decides all of it, and what is wrong with what came of it. */
export interface TriedSchedule {
  readonly seed: number;
  readonly problems: readonly string[];
  /** What it was about. */
  readonly schedule: unknown;
}

/** What a server does in one call, and all else that a seed decides. */
interface SeededSchedule {
  readonly seed: number;
  readonly play: Play;
}

/** One kind of schedules. */
export interface ScheduleKind<Schedule extends SeededSchedule> {
  readonly createSchedule: (seed: number) => Schedule;
  /** Plays all of these at once. */
  readonly trySchedules: (schedules: readonly Schedule[]) => Promise<readonly TriedSchedule[]>;
}

/** So many are played at once. */
const BATCH = 64;
const LONGEST_BATCH_MS = 120_000;
/** The seeds to try and no others, of one failure: `17` or `17,18,21`. */
const only = process.env["FALLTHROUGH_SCHEDULES"];

/** What a test of schedules may take. */
export const SCHEDULES_MS: number = 600_000 + fuzzMs;

/**
 * Plays so many schedules, always the same ones; `npm run fuzz` goes on with others until its time is over.
 *
 * Answers that may stop without an end are played in batches of their own: only a timer ends those, and a batch
 * takes as long as its slowest answer. A failure tells its seed and the command that repeats it.
 */
export async function trySchedules<Schedule extends SeededSchedule>(
  file: string,
  count: number,
  kind: ScheduleKind<Schedule>,
): Promise<void> {
  const until = fuzzMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + fuzzMs;
  const [ending, silent]: [Schedule[], Schedule[]] = [[], []];
  let tried = 0;

  async function playBatch(batch: readonly Schedule[]): Promise<void> {
    if (batch.length === 0) return;
    const seeds = batch.map(({ seed }) => seed).join();
    const results = await within(
      nextTurn(batch).then(kind.trySchedules),
      LONGEST_BATCH_MS,
      `the batch of schedules ${seeds}`,
    );
    tried += batch.length;
    const failed = results.filter(({ problems }) => problems.length > 0);
    expect(failed.map((one) => describeFailure(one, file, seeds))).toEqual([]);
  }

  for (const seed of seedsOf(count)) {
    if (performance.now() >= until) break;
    const schedule = kind.createSchedule(seed);
    const batch = mayBeSilent(schedule.play) ? silent : ending;
    batch.push(schedule);
    if (batch.length === BATCH) await playBatch(batch.splice(0));
  }
  await playBatch(ending);
  await playBatch(silent);
  if (fuzzMs > 0) console.log(`${tried} schedules of ${file}`);
}

/** What failed, and how it is repeated: alone, or beside the others if that is what it takes. */
function describeFailure({ seed, problems, schedule }: TriedSchedule, file: string, batch: string): string {
  const repeat = (seeds: number | string): string => `FALLTHROUGH_SCHEDULES=${seeds} npx vitest run ${file}`;
  const what = JSON.stringify(schedule);
  return `schedule ${seed}: ${problems.join("; ")}\n${what}\n${repeat(seed)}\n${repeat(batch)}`;
}

/** The seeds to try, in turn; for ever where a time ends them. */
function* seedsOf(count: number): Generator<number, void> {
  if (only !== undefined) {
    yield* only.split(",").map(Number);
    return;
  }
  // those of one run are seldom those of another
  const first = fuzzMs === 0 ? 1 : count + Math.floor(Math.random() * 2 ** 40);
  const last = fuzzMs === 0 ? count : Number.MAX_SAFE_INTEGER;
  for (let seed = first; seed <= last; seed++) yield seed;
}
