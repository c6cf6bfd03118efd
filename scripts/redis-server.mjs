import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram } from "./system-packages.mjs";

/** How long a server may take to start on a busy machine. */
const LONGEST_START_MS = 20_000;

/** Starts a Redis on loopback that keeps nothing on the disk. @returns {Promise<{ port: number, stop(): Promise<void> }>} */
export async function startRedis() {
  if (findProgram("redis-server") === undefined) {
    throw new Error(
      "redis-server is not installed, expected it on the PATH: `node scripts/system-packages.mjs`",
    );
  }
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-redis-"));
  const server = spawn(
    "redis-server",
    ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--dir", folder],
    { stdio: "ignore" },
  );
  const over = once(server, "exit");
  async function stop() {
    server.kill();
    await over;
    rmSync(folder, { recursive: true, force: true });
  }

  const end = performance.now() + LONGEST_START_MS;
  while (!(await accepts(port))) {
    if (performance.now() > end) {
      await stop();
      throw new Error(`redis-server did not start within ${LONGEST_START_MS / 1_000} s`);
    }
    // the server tells nobody that it is ready
    await sleep(20);
  }
  return { port, stop };
}

/** @param {number} port */
async function accepts(port) {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, "close");
  return port;
}
