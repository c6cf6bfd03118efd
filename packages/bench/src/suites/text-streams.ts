import type { Bench, Contestant } from "../bench.ts";
import { BASE } from "../contestants.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { checkText, readStream } from "../read.ts";
import { median } from "../statistics.ts";
import { type Entrant, measure, takeTurns } from "../turns.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";

/** A turn's figure is the median of so many batches, because one pause of the machine must not decide it. */
const BATCHES = 5;
/** Milliseconds after which a turn begins no more of them. */
const TURN_MS = 400;

/** One variant of a suite that reads long streams. */
export interface StreamVariant {
  readonly suite: string;
  readonly variant: string;
  readonly answer: Answer;
  /** Streams that are measured together, one after the other. */
  readonly streams: number;
  readonly contestants: readonly Contestant[];
  /** Whom the others are measured against. @default the floor */
  readonly base?: string | undefined;
}

/** CPU per event of whoever reads this answer. */
export async function measureStreams(bench: Bench, variant: StreamVariant): Promise<readonly Figure[]> {
  const { suite, answer, streams, contestants, base = BASE } = variant;
  const expected = textOf(answer);
  const baseURL = formatBaseURL(bench.upstream.origins[0], answer, answer.kind === "fakegpt" ? "" : "/v1");
  const clients = contestants.map((contestant) => ({ ...contestant, client: contestant.create(baseURL) }));
  const events = streams * (answer.events ?? 1);

  const entrants = clients.map(({ name, client, unparsed }): Entrant => {
    return {
      name,
      async warmUp() {
        await readStream(client);
      },
      async turn() {
        const costs: number[] = [];
        const end = performance.now() + TURN_MS;
        for (let batch = 0; batch === 0 || (batch < BATCHES && performance.now() < end); batch += 1) {
          const texts: string[] = [];
          const { cpu } = await measure(async () => {
            for (let stream = 0; stream < streams; stream += 1) texts.push((await readStream(client)).text);
          });
          costs.push(cpu / events);
          if (!unparsed) for (const text of texts) checkText(name, text, expected);
        }
        return { "CPU per event": median(costs) };
      },
    };
  });
  const samples = await takeTurns(entrants, bench.rounds);
  await Promise.all(clients.map(({ client }) => client.close?.()));
  return figuresOf(
    { suite, variant: variant.variant, base },
    [{ name: "CPU per event", unit: "µs", relation: "ratio" }],
    samples,
  );
}
