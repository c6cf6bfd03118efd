import { setTimeout as delay } from "node:timers/promises";

import { httpHead, startFaultServer } from "@fallthrough/testkit";
import { expect } from "vitest";
import { BODIES, type BodyName } from "../../../fuzz/src/bodies.ts";
import { createRandom } from "../../../fuzz/src/random.ts";
import { postRaw } from "../../../fuzz/src/raw-client.ts";
import { createToyProvider, toyQuestion } from "../../../fuzz/src/toy-provider.ts";
import { startGateway } from "../../../gateway/src/index.ts";
import { createMemoryHealth, createRegistry, type HealthStore, type Registry } from "../../src/index.ts";
import type { FaultRow } from "./row.ts";
import { allClosed, startHealthyServer } from "./socket-row.ts";
import { wireProvider } from "./wire-provider.ts";

/** More than the library and both kernels hold back before the server has to wait. */
const LENGTH = 3 * 1024 * 1024;
/** How long the reader does something else; the provider may not be silent for so long. */
const REST_MS = 300;
const TIMEOUTS = { chunkMs: REST_MS / 2 };

/** What a slow reader reads: an answer of which all waits while it rests, and which a FIN ends. */
interface SlowReading {
  readonly registry: Registry;
  /** What is asked. */
  readonly content: string;
  /** What is answered. */
  readonly text: string;
}

/** The rows of a reader who rests once, with all of the answer on its way. */
function slowRow(name: BodyName, sent: string, read: (reading: SlowReading) => Promise<void>): FaultRow {
  return {
    row: 65,
    fault: "the consumer",
    sent,
    code: "-",
    follows: "answer",
    async run() {
      const { contentType, longest, write } = BODIES[name];
      const text = "All of it waits. ".repeat(Math.min(LENGTH, longest - 20) / 17);
      const head = httpHead(200, { "content-type": contentType, connection: "close" });
      const script = [{ read: "request" }, { send: head }, { send: write(text, createRandom(1)) }] as const;
      const [server, next] = await Promise.all([
        startFaultServer([script]),
        startHealthyServer("the second"),
      ]);
      const failures: string[] = [];
      const providers = [createToyProvider("first", server.origin), wireProvider("second", next.origin)];
      const registry = createRegistry({ providers, timeouts: TIMEOUTS, health: noteFailures(failures) });

      await read({ registry, content: toyQuestion(name, "/", true), text });

      await allClosed(server);
      expect(next.connections).toBe(0);
      expect(failures).toEqual([]);
      await registry.close();
      await Promise.all([server.close(), next.close()]);
    },
  };
}

/** A store that notes what counts against anybody. */
function noteFailures(failures: string[]): HealthStore {
  const health = createMemoryHealth();
  return {
    ...health,
    fail(permit, failure) {
      failures.push(failure.code);
      return health.fail(permit, failure);
    },
  };
}

/** Rests behind the first piece of text. */
async function readSlowly({ registry, content, text }: SlowReading): Promise<void> {
  const reply = registry.chat({ messages: [{ role: "user", content }] });
  let read = "";
  for await (const delta of reply.textStream) {
    // everything that fits has come by then, and the FIN behind it
    if (read === "") await delay(REST_MS);
    read += delta;
  }
  expect(read === text).toBe(true);
  expect((await reply.result()).text === text).toBe(true);
  expect(reply.route.attempts).toMatchObject([{ provider: "first", outcome: "answered" }]);
}

/** A client of the gateway that rests behind the first bytes. */
async function takeSlowly({ registry, content, text }: SlowReading): Promise<void> {
  const gateway = await startGateway(registry, { port: 0, writeMs: 2 * REST_MS });
  const body = JSON.stringify({ stream: true, messages: [{ role: "user", content }] });
  const taking = { isStream: true, portion: 64 * 1024, pauseMs: 0, restMs: REST_MS, seed: 1 };
  const { body: taken } = await postRaw(gateway.port, "/v1/chat/completions", body, {
    ...taking,
    leaveAfter: Number.POSITIVE_INFINITY,
  });
  const deltas = [...taken.matchAll(/"content":"([^"]*)"/g)].map(([, delta]) => delta);
  expect(deltas.join("") === text).toBe(true);
  expect(taken.endsWith("data: [DONE]\n\n")).toBe(true);
  await gateway.close();
}

/** Readers that take their time, in front of each way to read a body and of the gateway. */
export const SLOW_READER_ROWS: readonly FaultRow[] = [
  ...(Object.keys(BODIES) as BodyName[]).map((name) =>
    slowRow(name, `rests while the answer waits, and a FIN behind it: ${name}`, readSlowly),
  ),
  slowRow("events", "rests while the answer waits, and a FIN behind it: a client of the gateway", takeSlowly),
];
