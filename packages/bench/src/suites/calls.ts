import type { Bench, Contestant } from "../bench.ts";
import type { Client } from "../client.ts";
import { BASE } from "../contestants.ts";
import { type Figure, figuresOf, type Measure } from "../figure.ts";
import { checkText } from "../read.ts";
import { median } from "../statistics.ts";
import { type Entrant, measure, takeShortTurns } from "../turns.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";

const WARM_UP_CALLS = 20;
/** Into so many turns the calls of a round are split. */
const TURNS = 10;
/** Of a slow client so many times fewer calls tell enough. */
const SLOW = 10;
/** V8 goes on compiling for ten thousand calls: only then is it the code that is measured, and not its compiler. */
const WARM_UP_ROUNDS = 5;
/** Calls whose CPU is measured together; the median of such batches counts. */
const BATCH = 20;

/** One variant of a suite that makes small calls, one after the other. */
export interface CallVariant {
  readonly suite: string;
  readonly variant: string;
  readonly answer: Answer;
  /** Calls made in one round, at least. */
  readonly calls: number;
  readonly contestants: readonly Contestant[];
  /** Whom the others are measured against. @default the floor */
  readonly base?: string | undefined;
  readonly measures: readonly [time: Measure, cpu: Measure];
  /** Makes one call; gives its text, and the moment that counts on the clock of `performance.now`. */
  call(client: Client): Promise<{ readonly text: string; readonly at: number }>;
}

/** The median time of a call in microseconds, and the CPU that each takes. */
export async function measureCalls(bench: Bench, variant: CallVariant): Promise<readonly Figure[]> {
  const { suite, answer, calls, contestants, base = BASE, measures, call } = variant;
  const [time, work] = measures;
  const expected = textOf(answer);
  const baseURL = formatBaseURL(bench.upstream.origins[0], answer);
  const clients = contestants.map((contestant) => ({ ...contestant, client: contestant.create(baseURL) }));

  const entrants = clients.map(({ name, client, unparsed, slow }): Entrant => {
    const callsInTurn = calls / TURNS / (slow ? SLOW : 1);
    return {
      name,
      async warmUp() {
        for (let made = 0; made < WARM_UP_CALLS; made += 1) await call(client);
      },
      async turn() {
        const times: number[] = [];
        const costs: number[] = [];
        while (times.length < callsInTurn) {
          const { cpu } = await measure(async () => {
            for (let made = 0; made < BATCH; made += 1) {
              const start = performance.now();
              const { text, at } = await call(client);
              times.push((at - start) * 1_000);
              if (!unparsed) checkText(name, text, expected);
            }
          });
          costs.push(cpu / BATCH);
        }
        return { [time.name]: median(times), [work.name]: median(costs) };
      },
    };
  });
  const samples = await takeShortTurns(entrants, bench.rounds, TURNS, WARM_UP_ROUNDS);
  await Promise.all(clients.map(({ client }) => client.close?.()));
  return figuresOf({ suite, variant: variant.variant, base }, measures, samples);
}
