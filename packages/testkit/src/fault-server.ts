import { setTimeout as delay } from "node:timers/promises";
import {
  type Connection,
  type SocketServer,
  type SocketServerOptions,
  startSocketServer,
} from "./socket-server.ts";

/**
 * One thing that the server does on a connection.
 *
 * `read` takes one whole request; `send` writes bytes, in `pieces` of so many bytes where given; `repeat` writes
 * the same bytes `times` times, or for ever; `wait` is milliseconds; `hold` is silence until the peer leaves;
 * `end` closes the connection. `everyMs` is the pause behind each piece or repetition.
 */
export type FaultStep =
  | { readonly read: "request" }
  | {
      readonly send: string | Uint8Array;
      readonly pieces?: number | undefined;
      readonly everyMs?: number | undefined;
    }
  | {
      readonly repeat: string | Uint8Array;
      readonly times?: number | undefined;
      readonly everyMs?: number | undefined;
    }
  | { readonly wait: number }
  | { readonly hold: true }
  | { readonly end: "fin" | "rst" };

/** What the server does on one connection; behind the last step it sends a FIN. */
export type FaultScript = readonly FaultStep[];

/** Repetitions without a pause are written in blocks of about this many bytes. */
const BLOCK = 64 * 1024;

/**
 * Starts a server on 127.0.0.1 that plays the n-th script on the n-th connection, and the last one on all later.
 *
 * It stops at once when the peer leaves, and honours the peer's back-pressure.
 */
export function startFaultServer(
  scripts: readonly FaultScript[],
  options?: SocketServerOptions,
): Promise<SocketServer> {
  return startSocketServer(async (connection) => {
    const script = scripts[connection.index] ?? scripts.at(-1) ?? [];
    for (const step of script) {
      if (connection.signal.aborted) return;
      // the peer left: what stands behind an unread request is not for it, and a reset now would not close the socket
      if (!("read" in step)) await playStep(step, connection);
      else if ((await connection.readRequest()) === undefined) break;
    }
    connection.finish();
  }, options);
}

/** Does one thing on a connection. */
export async function playStep(
  step: Exclude<FaultStep, { readonly read: "request" }>,
  connection: Connection,
): Promise<void> {
  if ("send" in step) await sendPieces(connection, Buffer.from(step.send as string), step);
  else if ("repeat" in step) await repeat(connection, Buffer.from(step.repeat as string), step);
  else if ("wait" in step) await pause(connection, step.wait);
  else if ("hold" in step) await left(connection);
  else if (step.end === "rst") connection.reset();
  else connection.finish();
}

async function sendPieces(
  connection: Connection,
  bytes: Buffer,
  {
    pieces = bytes.length,
    everyMs,
  }: { readonly pieces?: number | undefined; readonly everyMs?: number | undefined },
): Promise<void> {
  for (let offset = 0; offset < bytes.length && !connection.signal.aborted; offset += pieces) {
    await connection.send(bytes.subarray(offset, offset + pieces));
    await pause(connection, everyMs);
  }
}

async function repeat(
  connection: Connection,
  bytes: Buffer,
  {
    times = Number.POSITIVE_INFINITY,
    everyMs,
  }: { readonly times?: number | undefined; readonly everyMs?: number | undefined },
): Promise<void> {
  const perBlock = everyMs === undefined ? Math.max(1, Math.floor(BLOCK / bytes.length)) : 1;
  const block = Buffer.concat(new Array<Buffer>(Math.min(perBlock, times)).fill(bytes));
  for (let sent = 0; sent < times && !connection.signal.aborted; sent += perBlock) {
    await connection.send(block.subarray(0, (times - sent) * bytes.length));
    await pause(connection, everyMs);
  }
}

async function pause({ signal }: Connection, ms: number | undefined): Promise<void> {
  if (ms === undefined) return;
  await delay(ms, undefined, { signal }).catch(() => {});
}

async function left({ signal }: Connection): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
