import { setTimeout as delay } from "node:timers/promises";
import { type ChatReply, chat } from "@fallthrough/core";
import { type SocketServer, startFaultServer } from "@fallthrough/testkit";
import { expect } from "vitest";
import { createChain, createMemoryHealth } from "../../src/index.ts";
import { QUESTION } from "../fake-provider.ts";
import type { FaultRow } from "./row.ts";
import { allClosed, startHealthyServer } from "./socket-row.ts";
import { deltaChunk, EVENTS_HEAD, wireProvider } from "./wire-provider.ts";

const READ = { read: "request" } as const;
const MiB = 1024 * 1024;
/** More than the buffers of both kernels hold. */
const MOST_BYTES = 32 * MiB;

/** The server sends for ever; the reader does as told, and then leaves. */
function readerRow(sent: string, read: (reply: ChatReply, server: SocketServer) => Promise<void>): FaultRow {
  return {
    row: 65,
    fault: "the consumer",
    sent,
    code: "-",
    follows: "stop",
    async run() {
      const endless = [READ, { send: EVENTS_HEAD }, { repeat: deltaChunk("word ".repeat(200)) }] as const;
      const [server, next] = await Promise.all([
        startFaultServer([endless]),
        startHealthyServer("the second"),
      ]);
      const health = createMemoryHealth();
      const limits = { streamBytes: 1024 * MiB };
      const first = wireProvider("first", server.origin, { limits });
      const chain = createChain([first, wireProvider("second", next.origin)], { health });
      const reply = chat(chain, QUESTION);

      await read(reply, server);

      await allClosed(server);
      expect(reply.route.attempts).toMatchObject([{ provider: "first", outcome: "aborted" }]);
      expect(next.connections).toBe(0);
      expect(health.peek({ provider: "first", model: "" })).toMatchObject({ state: "well", repeats: 0 });
      await chain.close?.();
      await Promise.all([server.close(), next.close()]);
    },
  };
}

/** Readers that leave, or do not read. */
export const CONSUMER_ROWS: readonly FaultRow[] = [
  readerRow("leaves after the first delta", async (reply) => {
    for await (const part of reply) {
      expect(part.type).toBe("text-delta");
      break;
    }
  }),
  readerRow("leaves the text stream", async (reply) => {
    for await (const text of reply.textStream) {
      expect(text).not.toBe("");
      break;
    }
  }),
  readerRow("never reads on", async (reply, server) => {
    const parts = reply[Symbol.asyncIterator]();
    await parts.next();
    const before = process.memoryUsage.rss();
    let sent = -1;
    while (sent !== server.bytesSent) {
      sent = server.bytesSent;
      expect(sent).toBeLessThan(MOST_BYTES);
      // the server sends nothing for this long only when it is held back
      await delay(100);
    }
    expect(process.memoryUsage.rss() - before).toBeLessThan(64 * MiB);
    await parts.return?.();
  }),
];
