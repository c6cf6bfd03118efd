import type { Bench, Contestant, Suite } from "../bench.ts";
import { BASE, floorsAndOurs } from "../contestants.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { checkText, readStream } from "../read.ts";
import { type Entrant, measure, takeShortTurns } from "../turns.ts";
import { formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";

const ANSWER = { kind: "openai", events: 100 } as const;
/** Into so many turns a round is split. */
const TURNS = 2;
/** V8 goes on compiling for thousands of streams. */
const WARM_UP_ROUNDS = 4;
/** Streams open at once, and how many are read in a turn. */
const VARIANTS = [
  { atOnce: 64, streams: 320 },
  { atOnce: 500, streams: 500 },
];

/** Many streams at once: CPU of each, and how many end in a second. */
export const parallelSuite: Suite = {
  name: "parallel",
  short: true,
  async run(bench) {
    const figures = [];
    for (const variant of VARIANTS) figures.push(...(await measureParallel(bench, variant)));
    return figures;
  },
};

async function measureParallel(
  bench: Bench,
  { atOnce, streams }: (typeof VARIANTS)[number],
): Promise<readonly Figure[]> {
  const baseURL = formatBaseURL(bench.upstream.origins[0], ANSWER);
  const expected = textOf(ANSWER);
  const contestants: readonly Contestant[] = [...floorsAndOurs(bench), ...(bench.all ? bench.peers : [])];
  const clients = contestants.map((contestant) => ({ ...contestant, client: contestant.create(baseURL) }));

  const entrants = clients.map(({ name, client, unparsed }): Entrant => {
    async function readAll(total: number): Promise<void> {
      let left = total;
      const readNext = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const { text } = await readStream(client);
          if (!unparsed) checkText(name, text, expected);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, readNext));
    }
    return {
      name,
      warmUp: () => readAll(atOnce),
      async turn() {
        const { cpu, wall } = await measure(() => readAll(streams));
        return {
          "CPU per stream": cpu / streams,
          "streams per second": (streams * 1_000) / wall,
        };
      },
    };
  });
  const samples = await takeShortTurns(entrants, bench.rounds, TURNS, WARM_UP_ROUNDS);
  await Promise.all(clients.map(({ client }) => client.close?.()));
  return figuresOf(
    { suite: "parallel", variant: `${atOnce} at once, ${ANSWER.events} events each`, base: BASE },
    [
      { name: "CPU per stream", unit: "µs", relation: "ratio" },
      { name: "streams per second", unit: "/s", relation: "ratio" },
    ],
    samples,
  );
}
