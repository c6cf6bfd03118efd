import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createRedisHealth } from "../src/index.ts";
import { connect, goesOnAlone, LONGEST_WAIT_MS, timed, useOwnClock, warm } from "./away.ts";
import { describeServers, startServer } from "./server.ts";

/** So long a server may stand still while its machine swaps or its disk is busy. */
const STILL_MS = 8_000;

beforeEach(useOwnClock);
afterEach(() => {
  vi.useRealTimers();
});

describeServers("row 82: %s", (program) => {
  test("stands still for 8 s: one call waits for it, and then nobody", async ({ onTestFinished }) => {
    const server = await startServer(program);
    onTestFinished(() => server.stop());
    const health = createRedisHealth({ client: connect(server.port) });
    await warm(health);

    server.process.kill("SIGSTOP");
    const stopped = performance.now();
    const first = await timed(health);
    expect(first).toBeGreaterThanOrEqual(70);
    expect(first).toBeLessThan(LONGEST_WAIT_MS);
    await goesOnAlone(
      health,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, STILL_MS - (performance.now() - stopped)));
        server.process.kill("SIGCONT");
      },
      server.port,
    );
  }, 60_000);
});
