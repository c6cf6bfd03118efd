import { chat } from "@fallthrough/core";
import { httpChunk, startFaultServer } from "@fallthrough/testkit";
import { expect, vi } from "vitest";
import { createChain, createMemoryHealth } from "../../src/index.ts";
import { QUESTION } from "../fake-provider.ts";
import type { FaultRow } from "./row.ts";
import { allClosed, startHealthyServer } from "./socket-row.ts";
import { until } from "./until.ts";
import { deltaChunk, EVENTS_HEAD, wireProvider } from "./wire-provider.ts";

const HOUR = 60 * 60 * 1000;
const CHUNK_MS = 150;

/** Half of the answer, a silence that is shorter with the clock than `chunkMs` or not, and the rest. */
function clockRow(sent: string, silenceMs: number, jump: () => void): FaultRow {
  return {
    row: 71,
    fault: "the clock jumps",
    sent,
    code: "-",
    follows: "answer",
    async run(consume) {
      const rest = Buffer.concat([deltaChunk("answer"), httpChunk("data: [DONE]\n\n"), httpChunk("")]);
      const script = [
        { read: "request" },
        { send: Buffer.concat([EVENTS_HEAD, deltaChunk("whole ")]) },
        { wait: silenceMs },
        { send: rest },
      ] as const;
      const [server, next] = await Promise.all([
        startFaultServer([script]),
        startHealthyServer("the second"),
      ]);
      const health = createMemoryHealth();
      const timeouts = { chunkMs: CHUNK_MS, totalMs: 2 * HOUR, commitMs: 2 * HOUR };
      const first = wireProvider("first", server.origin);
      const chain = createChain([first, wireProvider("second", next.origin)], { health, timeouts });
      try {
        const reply = chat(chain, QUESTION);
        const consuming = consume(reply);
        await until(() => server.bytesSent > 0);
        jump();

        const { text, error } = await consuming;

        expect([text, error]).toEqual(["whole answer", undefined]);
        expect(reply.route.attempts).toMatchObject([{ provider: "first", outcome: "answered" }]);
        expect(health.peek({ provider: "first", model: "" })).toMatchObject({ state: "well", repeats: 0 });
      } finally {
        vi.useRealTimers();
        vi.restoreAllMocks();
      }
      await chain.close?.();
      await allClosed(server);
      await Promise.all([server.close(), next.close()]);
    },
  };
}

function setWallClock(byMs: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + byMs });
}

/** The process stands still: both clocks go on, and no timer fires. */
function sleep(forMs: number): void {
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + forMs);
  setWallClock(forMs);
}

/** Clocks that do not go evenly. */
export const CLOCK_ROWS: readonly FaultRow[] = [
  clockRow("the wall clock, an hour forward", 50, () => setWallClock(HOUR)),
  clockRow("the wall clock, an hour back", 50, () => setWallClock(-HOUR)),
  // the timer of the silence is due meanwhile, and far too late
  clockRow("a laptop asleep for an hour in mid-stream", CHUNK_MS + 50, () => sleep(HOUR)),
];
