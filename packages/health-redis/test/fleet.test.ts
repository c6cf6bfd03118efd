import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProgram } from "../../../scripts/system-packages.mjs";
import { describeServers, startServer, type TestServer } from "./server.ts";

const CHILD = fileURLToPath(new URL("fleet-child.mjs", import.meta.url));
/** Long enough for the first cooldown, its probe and a part of the second one. */
const OUTAGE_MS = 14_000;

/** On a busy machine an answer may take so long. */
const UNDER_WAY_MS = 2_000;

interface Told {
  readonly answered: number;
  readonly failed: number;
  readonly calls: number;
  readonly shared: boolean;
}

let server: Server;
let port: number;
let down: boolean;
/** When the service that is down was sent each prompt. */
let sentAt: number[];

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    const isDown = url === "/first" && down;
    if (isDown) sentAt.push(performance.now());
    response.writeHead(isDown ? 500 : 200).end("text");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as { readonly port: number });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Starts a process; `clock` is what its clock on the wall is ahead. */
function start(redis: TestServer, clock: string | undefined): ChildProcess {
  const words = [CHILD, `${redis.port}`, `${port}`];
  const [program, args] =
    clock === undefined ? [process.execPath, words] : ["faketime", ["-f", clock, process.execPath, ...words]];
  return spawn(program, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

/** The first service is well, then down, then well again, while these processes ask. */
async function weather(
  program: string,
  clocks: readonly (string | undefined)[],
): Promise<{ readonly prompts: number; readonly told: readonly Told[]; readonly times: readonly number[] }> {
  const redis = await startServer(program);
  const children = clocks.map((clock) => start(redis, clock));
  try {
    const ready = await Promise.all(children.map(async (child) => (await once(child, "message"))[0]));
    down = false;
    sentAt = [];
    for (const child of children) child.send("ask");
    // each caller has asked a few times
    await sleep(1_000);
    down = true;
    await sleep(OUTAGE_MS);
    down = false;
    const ends = children.map(async (child) => (await once(child, "message"))[0] as Told);
    for (const child of children) child.send("end");
    return {
      prompts: knowingly(sentAt),
      told: await Promise.all(ends),
      times: ready.map(({ time }) => time),
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await redis.stop();
  }
}

/** As the weather counts: those that were sent before anybody could know are left out, but for the first three. */
function knowingly(times: readonly number[]): number {
  const [third = 0] = times.slice(2);
  return Math.min(3, times.length) + times.slice(3).filter((time) => time > third + UNDER_WAY_MS).length;
}

describeServers("%s", (program) => {
  test("eight processes send no more prompts to who is down than one does", async () => {
    const [alone, fleet] = [
      await weather(program, [undefined]),
      await weather(program, Array(8).fill(undefined)),
    ];

    for (const { failed, calls, shared } of [...alone.told, ...fleet.told]) {
      expect({ failed, shared }).toEqual({ failed: 0, shared: true });
      expect(calls).toBeGreaterThan(50);
    }
    // three failures in a row and a probe
    expect(alone.prompts).toBe(4);
    expect(fleet.prompts).toBeLessThanOrEqual(alone.prompts);
  }, 120_000);

  test.runIf(findProgram("faketime") !== undefined)(
    "clocks that are five seconds apart change nothing",
    async () => {
      const { prompts: sent, told, times } = await weather(program, ["+5s", "-5s", undefined]);

      expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(5_000);
      for (const { failed, shared } of told) expect({ failed, shared }).toEqual({ failed: 0, shared: true });
      expect(sent).toBe(4);
    },
    120_000,
  );
});
