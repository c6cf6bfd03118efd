import type { Age, AgeRun, AgeSample } from "../ages.ts";
import type { Suite } from "../bench.ts";
import { startChild } from "../child-process.ts";
import { BASE } from "../contestants.ts";
import { figuresOf, type Measure } from "../figure.ts";
import { type Entrant, type Sample, takeTurns } from "../turns.ts";
import type { Answer } from "../upstream/answer.ts";

const AGES: readonly Age[] = ["young", "collected", "hot"];
const CLIENTS = [BASE, "floor-min again", "provider, chat()", "registry, 3 candidates"];
/** Of a slow client so many times fewer calls tell enough; its first 200 are all made. */
const SLOW = 10;
const CALLS: AgeRun["calls"] = { warmUp: 2_000, measured: 200, collected: 60, batch: 20 };
const EVENTS = 200;

interface Work {
  readonly variant: string;
  readonly answer: Answer;
  readonly whole: boolean;
  /** Events among which the CPU of a call is shared. */
  readonly shares: number;
  readonly measures: readonly [time: Measure, cpu: Measure];
}

const WORKS: readonly Work[] = [
  {
    variant: `${EVENTS} events`,
    answer: { kind: "openai", events: EVENTS },
    whole: false,
    shares: EVENTS,
    measures: [
      { name: "first text, p50", unit: "µs", relation: "added" },
      { name: "CPU per event", unit: "µs", relation: "ratio" },
    ],
  },
  {
    variant: "JSON of 2 kB",
    answer: { kind: "json", size: 1_650 },
    whole: true,
    shares: 1,
    measures: [
      { name: "answer, p50", unit: "µs", relation: "ratio" },
      { name: "CPU per request", unit: "µs", relation: "ratio" },
    ],
  },
];

/** The same calls in a process that is young, after a collection of its garbage, and hot. */
export const agesSuite: Suite = {
  name: "ages",
  short: true,
  async run({ upstream, rounds, peers }) {
    const [origin] = upstream.origins;
    const figures = [];
    for (const { variant, answer, whole, shares, measures } of WORKS) {
      const clients = [
        ...CLIENTS,
        ...peers.filter((peer) => !(whole && peer.streamsOnly)).map(({ name }) => name),
      ];
      const entrants = clients.map((name): Entrant => {
        const divisor = CLIENTS.includes(name) ? 1 : SLOW;
        const run = { name, origin, answer, whole, calls: { ...CALLS, warmUp: CALLS.warmUp / divisor } };
        return {
          name,
          // every turn has its own processes
          warmUp: async () => {},
          async turn() {
            const samples = {
              ...(await runChild({ ...run, ages: ["young"] })),
              ...(await runChild({ ...run, ages: ["hot", "collected"] })),
            };
            return sampleOf(samples, measures, shares);
          },
        };
      });
      const samples = await takeTurns(entrants, rounds, 0);
      for (const age of AGES) {
        const place = { suite: "ages", variant: `${variant}, ${age}`, base: BASE };
        figures.push(...figuresOf(place, measures, samplesOf(samples, age)));
      }
    }
    return figures;
  },
};

type AgeSamples = Partial<Record<Age, AgeSample>>;

async function runChild(run: AgeRun): Promise<AgeSamples> {
  const child = await startChild<AgeSamples>("./children/age.js", 0, [JSON.stringify(run)], ["--expose-gc"]);
  await child.close();
  return child.message;
}

function sampleOf(samples: AgeSamples, [time, cpu]: Work["measures"], shares: number): Sample {
  return Object.fromEntries(
    Object.entries(samples).flatMap(([age, sample]) => [
      [`${age}: ${time.name}`, sample.time],
      [`${age}: ${cpu.name}`, sample.cpu / shares],
    ]),
  );
}

function samplesOf(
  samples: ReadonlyMap<string, readonly Sample[]>,
  age: Age,
): ReadonlyMap<string, readonly Sample[]> {
  const prefix = `${age}: `;
  const ofAge = (sample: Sample): Sample =>
    Object.fromEntries(
      Object.entries(sample).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
      ),
    );
  return new Map([...samples].map(([name, taken]) => [name, taken.map(ofAge)]));
}
