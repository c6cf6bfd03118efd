import type { Suite } from "../bench.ts";
import { FLOORS, OURS } from "../contestants.ts";
import { measureStreams } from "./text-streams.ts";

const SPLITS = [
  ["one", "one event per write"],
  ["sixteen", "sixteen events per write"],
  ["all", "all events in one write"],
  ["random", "cut at random bytes"],
] as const;
/** Who tells nothing in the short set that the suite `stream` does not tell. */
const LEFT_OUT: readonly string[] = ["floor-min again", "provider", "registry, 1 candidate"];

/** The same long stream, its bytes cut into writes in several ways. */
export const splitsSuite: Suite = {
  name: "splits",
  short: true,
  async run(bench) {
    const figures = [];
    const events = bench.all ? 20_000 : 10_000;
    const contestants = [...FLOORS, ...OURS].filter(({ name }) => bench.all || !LEFT_OUT.includes(name));
    for (const [writes, variant] of SPLITS) {
      const answer = { kind: "openai", events, writes } as const;
      figures.push(
        ...(await measureStreams(bench, { suite: "splits", variant, answer, streams: 1, contestants })),
      );
    }
    return figures;
  },
};
