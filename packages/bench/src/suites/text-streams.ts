import type { Bench, Contestant } from "../bench.ts";
import { BASE } from "../contestants.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { checkText, readStream } from "../read.ts";
import { type Entrant, measure, takeTurns } from "../turns.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";

/** One variant of a suite that reads long streams. */
export interface StreamVariant {
  readonly suite: string;
  readonly variant: string;
  readonly answer: Answer;
  /** Streams read in one turn, one after the other. */
  readonly streams: number;
  readonly contestants: readonly Contestant[];
}

/** CPU per event of whoever reads this answer. */
export async function measureStreams(bench: Bench, variant: StreamVariant): Promise<readonly Figure[]> {
  const { suite, answer, streams, contestants } = variant;
  const expected = textOf(answer);
  const baseURL = formatBaseURL(bench.upstream.origins[0], answer, answer.kind === "fakegpt" ? "" : "/v1");
  const clients = contestants.map((contestant) => ({ ...contestant, client: contestant.create(baseURL) }));
  const events = streams * (answer.events ?? 1);

  const entrants = clients.map(({ name, client, unparsed }): Entrant => {
    return {
      name,
      async turn() {
        const texts: string[] = [];
        const { cpu } = await measure(async () => {
          for (let stream = 0; stream < streams; stream += 1) texts.push((await readStream(client)).text);
        });
        if (!unparsed) for (const text of texts) checkText(name, text, expected);
        return { "CPU per event": cpu / events };
      },
    };
  });
  const samples = await takeTurns(entrants, bench.rounds);
  await Promise.all(clients.map(({ client }) => client.close?.()));
  return figuresOf(
    { suite, variant: variant.variant, base: BASE },
    [{ name: "CPU per event", unit: "µs", relation: "ratio" }],
    samples,
  );
}
