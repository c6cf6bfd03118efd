import { createRandom } from "./random.ts";

/** One of those that are measured against each other; a turn gives its measures by name. */
export interface Entrant {
  readonly name: string;
  /** Some of the same work, unmeasured: the first of a turn pays for what the one before left behind. */
  warmUp(): Promise<void>;
  turn(): Promise<Sample>;
}

/** What one turn measured, by the name of the measure. */
export type Sample = Readonly<Record<string, number>>;

/** Rounds before those that count, in which code is compiled. */
const WARM_UP_ROUNDS = 1;

/**
 * Lets the entrants take turns, and gives the samples of each by its name.
 *
 * Every round has an order of its own, since a heavy client leaves work behind for whoever comes next, and every turn
 * begins with unmeasured work. The heap is not swept in between: that throws away compiled code, and made the fast floor slower
 * than the plain one.
 */
export async function takeTurns(
  entrants: readonly Entrant[],
  rounds: number,
  warmUpRounds: number = WARM_UP_ROUNDS,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(entrants.map(({ name }) => [name, []]));
  const random = createRandom(entrants.length);
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const { name, warmUp, turn } of shuffled(entrants, random)) {
      await warmUp();
      const sample = await turn();
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  return samples;
}

/** The same where each round is split into shorter ones: a machine changes its pace from one second to the next. */
export function takeShortTurns(
  entrants: readonly Entrant[],
  rounds: number,
  split: number,
  warmUpRounds: number = WARM_UP_ROUNDS,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  return takeTurns(entrants, rounds * split, warmUpRounds * split);
}

function shuffled<Item>(items: readonly Item[], random: (limit: number) => number): readonly Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random(left.length), 1));
}

/** Microseconds of CPU, all threads of this process, and milliseconds of wall time that some work took. */
export async function measure(
  work: () => Promise<void>,
): Promise<{ readonly cpu: number; readonly wall: number }> {
  const startCpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(startCpu);
  return { cpu: user + system, wall };
}
