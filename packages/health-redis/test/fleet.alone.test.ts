import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import type { Permit } from "@fallthrough/registry";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { findProgram } from "../../../scripts/system-packages.mjs";
import { FAILURE, store } from "./away.ts";
import { describeServers, startServer, type TestServer } from "./server.ts";

const CHILD = fileURLToPath(new URL("fleet-child.mjs", import.meta.url));
const FAKETIME = findProgram("faketime");
type Clocks = readonly [name: string, offsets: readonly (string | undefined)[]];
const ALIKE: Clocks = ["alike", [undefined, undefined]];
const APART: Clocks = ["five seconds apart", ["-5s", undefined]];
const FIRST = { provider: "first", model: "small" };

/** What a process tells of the first provider before it asks. */
interface Ready {
  readonly state: string;
  readonly remainingMs: number;
  /** Its clock on the wall. */
  readonly time: number;
}

interface Told {
  /** Who answered each call. */
  readonly answers: readonly string[];
  readonly shared: boolean;
}

describeServers("%s", (program) => {
  let redis: TestServer;
  let services: Server;
  let port: number;
  /** How often each service was sent a prompt. */
  const prompts = new Map<string, number>();

  beforeAll(async () => {
    redis = await startServer(program);
    services = createServer(({ url = "" }, response) => {
      prompts.set(url, (prompts.get(url) ?? 0) + 1);
      response.writeHead(url === "/first" ? 500 : 200).end("text");
    }).listen(0, "127.0.0.1");
    await once(services, "listening");
    ({ port } = services.address() as { readonly port: number });
  });
  afterAll(async () => {
    services.closeAllConnections();
    services.close();
    await redis.stop();
  });
  beforeEach(async () => {
    prompts.clear();
    await redis.say("FLUSHALL");
  });

  /** Has the whole fleet know a failure of the first provider. */
  async function fail(cooldownMs: number): Promise<void> {
    const health = store(redis.port, 10_000);
    health.fail((await health.admit(FIRST)) as Permit, {
      ...FAILURE,
      scope: "provider",
      cooldownMs,
      longestMs: cooldownMs,
    });
    await health.peek(FIRST);
  }

  /** Starts a process; `clock` is what its clock on the wall is ahead. */
  async function start(clock: string | undefined): Promise<{ child: ChildProcess; ready: Ready }> {
    const words = [CHILD, `${redis.port}`, `${port}`];
    const [name, args] =
      clock === undefined
        ? [process.execPath, words]
        : ["faketime", ["-f", clock, process.execPath, ...words]];
    const child = spawn(name, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    // a process behind `faketime` is a child of its own, which only the channel reaches
    onTestFinished(() => {
      if (child.connected) child.disconnect();
      child.kill("SIGKILL");
    });
    return { child, ready: (await once(child, "message"))[0] };
  }

  /** Has every process ask, each caller one call after the other. */
  function ask(
    processes: readonly { readonly child: ChildProcess }[],
    what: { readonly callers: number; readonly calls: number },
  ): Promise<readonly Told[]> {
    const ends = processes.map(async ({ child }) => (await once(child, "message"))[0] as Told);
    for (const { child } of processes) child.send(what);
    return Promise.all(ends);
  }

  test.each([
    ["one process with eight callers", 1, 8],
    ["eight processes with a caller each", 8, 1],
  ])(
    "of %s a provider that is down gets two prompts, and those in flight when the third failure is told",
    async (_, count, callers) => {
      const processes = await Promise.all(Array.from({ length: count }, () => start(undefined)));

      const told = await ask(processes, { callers, calls: 25 });

      expect(told.flatMap(({ answers }) => answers)).toEqual(Array(200).fill("second"));
      expect(told.every(({ shared }) => shared)).toBe(true);
      expect(prompts.get("/first")).toBeGreaterThanOrEqual(3);
      expect(prompts.get("/first")).toBeLessThanOrEqual(2 + count * callers);
    },
    60_000,
  );

  test.each(FAKETIME === undefined ? [ALIKE] : [ALIKE, APART])(
    "of two processes with 100 parallel calls each at half-open exactly one call probes, with clocks that are %s",
    async (_, clocks) => {
      await fail(1);
      const processes = await Promise.all(clocks.map(start));
      expect(processes.map(({ ready: { state, remainingMs } }) => ({ state, remainingMs }))).toEqual(
        clocks.map(() => ({ state: "probing", remainingMs: 0 })),
      );

      const told = await ask(processes, { callers: 100, calls: 1 });

      expect(told).toEqual(clocks.map(() => ({ answers: Array(100).fill("second"), shared: true })));
      expect(Object.fromEntries(prompts)).toEqual({ "/first": 1, "/second": 200 });
    },
    60_000,
  );

  test.runIf(FAKETIME !== undefined)(
    "a cooldown is no shorter and no longer for a process whose clock is five seconds ahead, or behind",
    async () => {
      await fail(60_000);

      const processes = await Promise.all(["+5s", "-5s", undefined].map(start));

      const times = processes.map(({ ready }) => ready.time);
      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(5_000);
      const left = processes.map(({ ready }) => ready.remainingMs);
      // by its own clock one of them would see the end five seconds later than it can be, jitter and all
      expect(Math.max(...left)).toBeLessThanOrEqual(72_000);
      expect(Math.max(...left) - Math.min(...left)).toBeLessThan(5_000);
      expect(processes.map(({ ready }) => ready.state)).toEqual(["cooling", "cooling", "cooling"]);
    },
    60_000,
  );
});
