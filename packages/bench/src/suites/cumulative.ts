import type { Suite } from "../bench.ts";
import { CUMULATIVE } from "../contestants.ts";
import { measureStreams } from "./text-streams.ts";

const LENGTHS = [
  { variant: "1,000 characters", events: 50, size: 20, streams: 3 },
  { variant: "10,000 characters", events: 200, size: 50, streams: 3 },
  { variant: "100,000 characters", events: 1_000, size: 100, streams: 1 },
];

/** A stream each event of which repeats the whole text so far. */
export const cumulativeSuite: Suite = {
  name: "cumulative",
  short: true,
  async run(bench) {
    const figures = [];
    for (const { variant, events, size, streams } of LENGTHS) {
      const answer = { kind: "fakegpt", events, size, writes: "one" } as const;
      const contestants = CUMULATIVE;
      figures.push(
        ...(await measureStreams(bench, { suite: "cumulative", variant, answer, streams, contestants })),
      );
    }
    return figures;
  },
};
