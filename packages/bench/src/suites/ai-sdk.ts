import type { Contestant, Suite } from "../bench.ts";
import { createFallthroughClient, createStreamTextClient } from "../clients/ai-sdk.ts";
import { readStream } from "../read.ts";
import { measureCalls } from "./calls.ts";
import { measureStreams } from "./text-streams.ts";

const ALONE = "@ai-sdk/openai";
/** The AI SDK takes tens of microseconds for each of them. */
const EVENTS = 5_000;
const CALLS = 200;

const CONTESTANTS: readonly Contestant[] = [
  { name: ALONE, create: createStreamTextClient, streamsOnly: true },
  { name: `${ALONE} again`, create: createStreamTextClient, streamsOnly: true },
  { name: "registry, 3 candidates", create: createFallthroughClient, streamsOnly: true },
];

/** What `streamText` of the AI SDK takes over a chain, and over a package of its own. */
export const aiSDKSuite: Suite = {
  name: "ai-sdk",
  short: true,
  run: async (bench) => [
    ...(await measureStreams(bench, {
      suite: "ai-sdk",
      variant: "streamText, 5,000 events",
      base: ALONE,
      answer: { kind: "openai", events: EVENTS },
      streams: 1,
      contestants: CONTESTANTS,
    })),
    ...(await measureCalls(bench, {
      suite: "ai-sdk",
      variant: "streamText, 10 events",
      base: ALONE,
      answer: { kind: "openai", events: 10 },
      calls: CALLS,
      contestants: CONTESTANTS,
      measures: [
        { name: "first text, p50", unit: "µs", relation: "added" },
        { name: "CPU per request", unit: "µs", relation: "ratio" },
      ],
      async call(client) {
        const { text, firstAt } = await readStream(client);
        return { text, at: firstAt };
      },
    })),
  ],
};
