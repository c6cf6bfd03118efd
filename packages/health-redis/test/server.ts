import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "vitest";

/** The servers that are installed here: Debian has `redis-server`, others `valkey-server`. */
const SERVERS: readonly string[] = ["redis-server", "valkey-server"].filter(
  (program) => spawnSync(program, ["--version"]).status === 0,
);

/** Tests of each server that is installed; skipped where none is, which `npm test` tells at its end. */
export function describeServers(title: string, tests: (program: string) => void): void {
  if (SERVERS.length === 0) describe.skip.each(["redis-server"])(title, tests);
  else describe.each(SERVERS)(title, tests);
}

/** A server of its own, without a disk. */
export interface TestServer {
  readonly port: number;
  readonly process: ChildProcess;
  /** Says something to it over a connection of its own; gives its answer as it is. */
  say(...words: string[]): Promise<string>;
  isRunning(): boolean;
  /** Ends it at once, with all that it knows. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
  /** Ends it, and what it left on the disk. */
  stop(): Promise<void>;
}

export async function startServer(program: string, ...options: string[]): Promise<TestServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-redis-"));
  const args = [
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--appendonly",
    "no",
    "--dir",
    folder,
  ];
  let child = start();

  function start(): ChildProcess {
    return spawn(program, [...args, ...options], { stdio: "ignore" });
  }

  async function ready(): Promise<void> {
    const end = performance.now() + 20_000;
    while (performance.now() < end) {
      const answer = await say(port, ["PING"]).catch(() => "");
      if (answer.startsWith("+PONG")) return;
      // the server tells nobody that it is ready
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error("the server does not start");
  }

  function isRunning(): boolean {
    return child.exitCode === null && child.signalCode === null;
  }

  async function kill(): Promise<void> {
    if (!isRunning()) return;
    const over = once(child, "exit");
    child.kill("SIGKILL");
    await over;
  }

  await ready();
  return {
    port,
    get process() {
      return child;
    },
    say: (...words) => say(port, words),
    isRunning,
    kill,
    async restart() {
      await kill();
      child = start();
      await ready();
    },
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function say(port: number, words: readonly string[]): Promise<string> {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join("")}`);
    return String((await once(socket, "data"))[0]);
  } finally {
    socket.destroy();
  }
}

/** Passes bytes on to a port, later. */
export async function startSlowLink(
  target: number,
  delayMs: number,
): Promise<{ port: number; close(): void }> {
  const sockets = new Set<import("node:net").Socket>();
  const server = createServer((near) => {
    const far = createConnection(target, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => setTimeout(() => to.writable && to.write(bytes), delayMs / 2));
      from.on("close", () => to.destroy());
      from.on("error", () => {});
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { readonly port: number };
  return {
    port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
