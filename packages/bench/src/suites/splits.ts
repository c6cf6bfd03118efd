import type { Suite } from "../bench.ts";
import { floorsAndOurs } from "../contestants.ts";
import { measureStreams } from "./text-streams.ts";

const SPLITS = [
  ["one", "one event per write"],
  ["sixteen", "sixteen events per write"],
  ["all", "all events in one write"],
  ["random", "cut at random bytes"],
] as const;
/** The same long stream, its bytes cut into writes in several ways. */
export const splitsSuite: Suite = {
  name: "splits",
  short: true,
  async run(bench) {
    const figures = [];
    const events = bench.all ? 20_000 : 10_000;
    const contestants = floorsAndOurs(bench).filter(({ name }) => bench.all || name !== "provider, chat()");
    for (const [writes, variant] of SPLITS) {
      const answer = { kind: "openai", events, writes } as const;
      figures.push(
        ...(await measureStreams(bench, { suite: "splits", variant, answer, streams: 1, contestants })),
      );
    }
    return figures;
  },
};
