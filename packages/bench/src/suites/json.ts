import type { Suite } from "../bench.ts";
import { floorsAndOurs } from "../contestants.ts";
import { measureCalls } from "./calls.ts";

const SIZES = [
  { variant: "2 kB", size: 1_650, calls: 2_000 },
  { variant: "100 kB", size: 99_600, calls: 1_000 },
];

/** An answer that comes as one JSON value. */
export const jsonSuite: Suite = {
  name: "json",
  short: true,
  async run(bench) {
    const figures = [];
    for (const { variant, size, calls } of SIZES) {
      figures.push(
        ...(await measureCalls(bench, {
          suite: "json",
          variant,
          answer: { kind: "json", size },
          calls,
          contestants: [
            // without events there is nothing that the fast floor could save
            ...floorsAndOurs(bench).filter(({ name }) => name !== "floor-fast"),
            ...bench.peers.filter(({ streamsOnly }) => !streamsOnly),
          ],
          measures: [
            { name: "answer, p50", unit: "µs", relation: "ratio" },
            { name: "CPU per request", unit: "µs", relation: "ratio" },
          ],
          call: async (client) => ({ text: await client.whole(), at: performance.now() }),
        })),
      );
    }
    return figures;
  },
};
