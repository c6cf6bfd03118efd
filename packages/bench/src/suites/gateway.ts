import { once } from "node:events";
import type { Suite, Upstream } from "../bench.ts";
import { type Child, startChild } from "../child-process.ts";
import { type Figure, figuresOf } from "../figure.ts";
import { createFloorMin } from "../floors/min.ts";
import { createFloorRaw } from "../floors/raw.ts";
import { checkText, readStream } from "../read.ts";
import { median } from "../statistics.ts";
import { type Entrant, measure, takeTurns } from "../turns.ts";
import { type Answer, formatBaseURL } from "../upstream/answer.ts";
import { textOf } from "../upstream/text.ts";
import { FIRST_TEXT, firstTextEntrant } from "./first-text.ts";

const SHORT = { kind: "openai", events: 10 } as const;
const LONG = { kind: "openai", events: 200 } as const;
/** V8 goes on compiling for thousands of calls. */
const WARM_UP_ROUNDS = 25;
const AT_ONCE = 64;
const STREAMS = 192;
/** A turn's figure is the median of so many batches. */
const BATCHES = 3;
const BASE = "undici pipe";
const PROGRAMS = [
  [BASE, "./children/pipe.js"],
  ["undici pipe again", "./children/pipe.js"],
  ["gateway", "./children/gateway.js"],
] as const;

/** The gateway against the least that could stand in its place; either has a core to itself. */
export const gatewaySuite: Suite = {
  name: "gateway",
  short: true,
  async run({ rounds }) {
    // beside the client, so that nothing but what is measured is on the other core
    const upstream = await startChild<Upstream>("./upstream/process.js", 0);
    const [origin] = upstream.message.origins;
    try {
      return [...(await measureLatency(origin, rounds)), ...(await measureThroughput(origin, rounds))];
    } finally {
      await upstream.close();
    }
  },
};

async function measureLatency(origin: string, rounds: number): Promise<readonly Figure[]> {
  const expected = textOf(SHORT);
  const servers = await startServers(origin, SHORT);
  const direct = { name: "no gateway", baseURL: formatBaseURL(origin, SHORT) };
  const targets = [...servers.map(({ name, child }) => ({ name, baseURL: child.message })), direct];
  const clients = targets.map(({ name, baseURL }) => ({ name, client: createFloorMin(baseURL) }));

  const entrants = clients.map(({ name, client }) => firstTextEntrant(name, client, expected));
  const samples = await takeTurns(entrants, rounds, WARM_UP_ROUNDS);
  await Promise.all([
    ...clients.map(({ client }) => client.close?.()),
    ...servers.map(({ child }) => child.close()),
  ]);
  const place = { suite: "gateway", variant: "10 events", base: BASE };
  return figuresOf(place, [{ name: FIRST_TEXT, unit: "ms", relation: "added" }], samples);
}

async function measureThroughput(origin: string, rounds: number): Promise<readonly Figure[]> {
  const expected = textOf(LONG);
  const servers = await startServers(origin, LONG);
  const clients = servers.map(({ name, child }) => ({
    name,
    child,
    reader: createFloorRaw(child.message),
    parser: createFloorMin(child.message),
  }));

  const entrants = clients.map(({ name, child, reader, parser }): Entrant => {
    async function readAll(): Promise<void> {
      let left = STREAMS;
      const readNext = async (): Promise<void> => {
        for (; left > 0; left -= 1) await readStream(reader);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, readNext));
    }
    return {
      name,
      async warmUp() {
        // what reads at full speed parses nothing, so the text is checked here
        const texts = await Promise.all(Array.from({ length: AT_ONCE }, () => readStream(parser)));
        for (const { text } of texts) checkText(name, text, expected);
      },
      async turn() {
        const costs: number[] = [];
        const speeds: number[] = [];
        for (let batch = 0; batch < BATCHES; batch += 1) {
          const before = await cpuOf(child);
          const { wall } = await measure(readAll);
          costs.push(((await cpuOf(child)) - before) / STREAMS);
          speeds.push((STREAMS * 1_000) / wall);
        }
        return { "streams per second": median(speeds), "CPU per stream": median(costs) };
      },
    };
  });
  const samples = await takeTurns(entrants, rounds);
  await Promise.all(
    clients.flatMap(({ child, reader, parser }) => [reader.close?.(), parser.close?.(), child.close()]),
  );
  return figuresOf(
    { suite: "gateway", variant: `${AT_ONCE} at once, 200 events each`, base: BASE },
    [
      { name: "streams per second", unit: "/s", relation: "ratio" },
      { name: "CPU per stream", unit: "µs", relation: "ratio" },
    ],
    samples,
  );
}

function startServers(
  origin: string,
  answer: Answer,
): Promise<readonly { readonly name: string; readonly child: Child<string> }[]> {
  const baseURL = formatBaseURL(origin, answer);
  return Promise.all(
    PROGRAMS.map(async ([name, file]) => ({ name, child: await startChild<string>(file, 1, [baseURL]) })),
  );
}

async function cpuOf({ process: child }: Child<string>): Promise<number> {
  const answered = once(child, "message");
  child.send("cpu");
  const [cpu] = await answered;
  return cpu;
}
