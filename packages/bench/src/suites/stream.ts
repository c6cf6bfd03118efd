import type { Suite } from "../bench.ts";
import { floorsAndOurs } from "../contestants.ts";
import { measureStreams } from "./text-streams.ts";

const EVENTS = 20_000;

/** One long stream; the full set adds text with escapes, and frames that differ from event to event. */
export const streamSuite: Suite = {
  name: "stream",
  short: true,
  async run(bench) {
    const texts = bench.all ? (["plain", "escaped", "obfuscated"] as const) : (["plain"] as const);
    const figures = [];
    for (const text of texts) {
      const answer = { kind: "openai", events: EVENTS, text } as const;
      const variant = text === "plain" ? "20,000 events" : `20,000 events, ${text}`;
      const contestants = [...floorsAndOurs(bench), ...bench.peers];
      figures.push(
        ...(await measureStreams(bench, { suite: "stream", variant, answer, streams: 1, contestants })),
      );
    }
    return figures;
  },
};
