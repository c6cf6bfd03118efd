import { once } from "node:events";
import { connect, type LookupFunction, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { startFaultServer } from "@fallthrough/testkit";
import { Agent } from "undici";

/** A dispatcher whose names all resolve to these addresses, or fail as given; no name leaves this process. */
export function resolving(answer: NodeJS.ErrnoException | Parameters<typeof found>[0]): Agent {
  const lookup: LookupFunction = (_, __, callback) =>
    answer instanceof Error ? callback(answer, []) : callback(null, found(answer));
  return new Agent({ connect: { lookup } });
}

function found(addresses: readonly string[]): { address: string; family: number }[] {
  return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
}

/** What the system's resolver or network reports. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ${code}`), { code });
}

/** A port of loopback on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await startFaultServer([]);
  await server.close();
  return server.port;
}

/** A port of loopback that leaves every further connection without an answer. */
export interface Blackhole {
  readonly origin: string;
  close(): Promise<void>;
}

/** Listens, never accepts, and fills the queue: the kernel drops every further SYN. */
const LISTEN = `
const { parentPort } = require("node:worker_threads");
const server = require("node:net").createServer();
server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;
const QUEUE = 2;

/** Starts a black hole. */
export async function startBlackhole(): Promise<Blackhole> {
  const worker = new Worker(LISTEN, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  const queued: Socket[] = [];
  for (let count = 0; count < QUEUE; count++) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    queued.push(socket);
    await once(socket, "connect");
  }
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of queued) socket.destroy();
      await worker.terminate();
    },
  };
}
