import { randomUUID } from "node:crypto";
import { createRedisHealth, fromIoredis, type RedisHealth } from "@fallthrough/health-redis";
import { Redis } from "ioredis";
import { createFallthrough } from "../contestants/fallthrough.ts";
import type { Contestant } from "../engine/contestant.ts";
import { type SimulatedClient, withSimulatedClock } from "./simulated-clock.ts";

/** Processes that share what they know through a real server. */
export interface Fleet extends Contestant {
  /** How long each decision took since the last question, in milliseconds of the real clock. */
  takeDecisions(): readonly number[];
  close(): void;
}

/** A script that is not simulated may take its time on a busy machine: nobody goes on alone here. */
const DEADLINE_MS = 10_000;

/**
 * A fleet whose members take turns: each has a connection, a health store and a registry of its own, and shares
 * nothing with the others but the server.
 */
export async function createFleet(port: number, size: number): Promise<Fleet> {
  const connections = Array.from({ length: size }, () => new Redis(port, "127.0.0.1"));
  await Promise.all(connections.map((connection) => connection.ping()));
  const members = connections.map((connection) => withSimulatedClock(fromIoredis(connection)));
  let decisions: number[] = [];
  const own = randomUUID().slice(0, 8);
  let runs = 0;

  function createMember(client: SimulatedClient, prefix: string): RedisHealth {
    const health = createRedisHealth({ client, prefix, deadlineMs: DEADLINE_MS });
    return {
      ...health,
      async admit(subject, options) {
        const start = process.hrtime.bigint();
        const answer = await health.admit(subject, options);
        decisions.push(Number(process.hrtime.bigint() - start) / 1e6);
        return answer;
      },
    };
  }

  return {
    name: `${size} processes`,
    create(world) {
      const prefix = `weather:${own}:${runs++}`;
      const stores = members.map((client) => createMember(client, prefix));
      const askers = stores.map((health) => createFallthrough(world, health));
      return {
        async ask(call, onText) {
          const asker = askers[call.number % size];
          if (asker === undefined) throw new Error("a fleet needs a member");
          return asker.ask(call, onText);
        },
        isBusy: () => members.some((client) => client.isBusy()),
        async close() {
          for (const asker of askers) await asker.close();
          if (stores.some((health) => !health.status().shared))
            throw new Error("a process went on without the server");
        },
      };
    },
    takeDecisions() {
      const taken = decisions;
      decisions = [];
      return taken;
    },
    close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}
