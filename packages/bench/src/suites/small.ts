import type { Suite } from "../bench.ts";
import { floorsAndOurs } from "../contestants.ts";
import { readStream } from "../read.ts";
import { measureCalls } from "./calls.ts";

/** In each round: with fewer, most of what is measured would be code that V8 has not compiled yet. */
const CALLS = 2_000;

/** Two thousand answers of ten events, one after another. */
export const smallSuite: Suite = {
  name: "small",
  short: true,
  run: (bench) =>
    measureCalls(bench, {
      suite: "small",
      variant: "10 events",
      answer: { kind: "openai", events: 10 },
      calls: CALLS,
      contestants: [...floorsAndOurs(bench), ...bench.peers],
      measures: [
        { name: "first text, p50", unit: "µs", relation: "added" },
        { name: "CPU per request", unit: "µs", relation: "ratio" },
      ],
      async call(client) {
        const { text, firstAt } = await readStream(client);
        return { text, at: firstAt };
      },
    }),
};
