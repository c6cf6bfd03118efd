import type { HealthFailure, HealthSubject, Permit } from "@fallthrough/registry";
import { Redis } from "ioredis";
import { expect, onTestFinished, vi } from "vitest";
import { fromIoredis, type RedisHealth, type ScriptClient } from "../src/index.ts";
import { createStore } from "../src/redis-health.ts";
import { createScripts } from "../src/scripts.ts";

export const SUBJECT: HealthSubject = { provider: "one", model: "small" };
export const FAILURE: HealthFailure = {
  code: "rate-limit",
  scope: "model",
  effect: "cool",
  hard: false,
  cooldownMs: 60_000,
  factor: 1,
  longestMs: 60_000,
};
/** A call that waits for the server in vain takes its deadline of 75 ms, and no more than this. */
export const LONGEST_WAIT_MS = 100;
/** Any other call waits for nothing. */
export const LONGEST_MS = 40;
const TICK_MS = 5;
/** Asks a server that is away more often than a registry does, so that no test waits for it. */
const PAUSE_MS = 50;

/**
 * Gives a test a clock that goes on only while this process does: whatever else keeps the machine busy does not make a
 * call longer.
 */
export function useOwnClock(): void {
  vi.useFakeTimers({
    toFake: ["setTimeout", "clearTimeout", "performance"],
    shouldAdvanceTime: true,
    advanceTimeDelta: TICK_MS,
  });
}

/** A client as applications make it: it connects again for ever, and keeps what it is told meanwhile. */
export function connect(port: number): ScriptClient {
  const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  return fromIoredis(client);
}

/** A store as `createRedisHealth()` makes it, with short pauses. */
export function createHealth(client: ScriptClient, deadlineMs = 75): RedisHealth {
  return createStore({ client, prefix: "ft:1", deadlineMs, pauseMs: PAUSE_MS, scripts: createScripts() });
}

/** A store on this port. */
export function store(port: number, deadlineMs?: number): RedisHealth {
  return createHealth(connect(port), deadlineMs);
}

/** Uses the server, and has it known that it is used. */
export async function warm(health: RedisHealth): Promise<void> {
  await vi.waitFor(
    async () => {
      await health.peek(SUBJECT);
      expect(health.status()).toEqual({ shared: true });
    },
    { timeout: 20_000 },
  );
}

export async function admit(health: RedisHealth, insist?: "alone"): Promise<Permit> {
  const answer = await health.admit(SUBJECT, { insist });
  if (!answer.admitted) throw new Error(`nobody may ask, it is ${answer.state}`);
  return answer;
}

/** How long one decision and its report take. */
export async function timed(health: RedisHealth): Promise<number> {
  const begin = performance.now();
  const permit = await admit(health);
  const ms = performance.now() - begin;
  await health.succeed(permit);
  return ms;
}

/** Away, a failure counts here, and is told to all once the server is back. */
export async function goesOnAlone(
  health: RedisHealth,
  comeBack: () => Promise<unknown>,
  port: number,
): Promise<void> {
  for (let call = 0; call < 20; call++) expect(await timed(health)).toBeLessThan(LONGEST_MS);
  health.fail(await admit(health), FAILURE);
  expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
  expect(health.status()).toMatchObject({ shared: false, problem: expect.any(String) });

  await comeBack();

  await vi.waitFor(() => expect(health.status()).toEqual({ shared: true }), { timeout: 30_000 });
  const other = store(port, 2_000);
  await vi.waitFor(
    async () => expect(await other.peek(SUBJECT)).toMatchObject({ state: "cooling", code: "rate-limit" }),
    { timeout: 10_000 },
  );
}
