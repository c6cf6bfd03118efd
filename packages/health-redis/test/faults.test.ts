import {
  createRegistry,
  type HealthFailure,
  type HealthSubject,
  type Permit,
  type StreamPart,
} from "@fallthrough/registry";
import { createClient } from "@redis/client";
import { Redis } from "ioredis";
import { afterEach, expect, test, vi } from "vitest";
import {
  createRedisHealth,
  fromIoredis,
  fromRedis,
  type RedisHealth,
  type ScriptClient,
} from "../src/index.ts";
import {
  describeServers,
  freePort,
  startServer,
  startServerAt,
  startSlowLink,
  type TestServer,
} from "./server.ts";

vi.setConfig({ testTimeout: 60_000 });

const SUBJECT: HealthSubject = { provider: "one", model: "small" };
const KEY = "ft:1:{one}";
const FAILURE: HealthFailure = {
  code: "rate-limit",
  scope: "model",
  effect: "cool",
  hard: false,
  cooldownMs: 60_000,
  factor: 1,
  longestMs: 60_000,
};
/** A deadline, and what a busy machine adds to it. */
const LONGEST_MS = 100;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A client as applications make it: it connects again for ever, and keeps what it is told meanwhile. */
function connect(port: number): ScriptClient {
  const client = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null, retryStrategy: () => 50 });
  client.on("error", () => {});
  closers.push(() => client.disconnect());
  return fromIoredis(client);
}

function store(port: number, deadlineMs?: number): RedisHealth {
  return createRedisHealth({ client: connect(port), ...(deadlineMs === undefined ? {} : { deadlineMs }) });
}

async function start(program: string, ...options: string[]): Promise<TestServer> {
  const server = await startServer(program, ...options);
  closers.push(() => server.stop());
  return server;
}

/** Uses the server, and has it known that it is used. */
async function warm(health: RedisHealth): Promise<void> {
  await vi.waitFor(
    async () => {
      await health.peek(SUBJECT);
      expect(health.status()).toEqual({ shared: true });
    },
    { timeout: 20_000, interval: 100 },
  );
}

async function admit(health: RedisHealth, insist?: "alone"): Promise<Permit> {
  const answer = await health.admit(SUBJECT, { insist });
  if (!answer.admitted) throw new Error(`nobody may ask, it is ${answer.state}`);
  return answer;
}

/** How long one decision and its report take. */
async function timed(health: RedisHealth): Promise<number> {
  const begin = performance.now();
  const permit = await admit(health);
  const ms = performance.now() - begin;
  await health.succeed(permit);
  return ms;
}

/** Away, a failure counts here, and is told to all once the server is back. */
async function goesOnAlone(
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

describeServers("row 82: %s", (program) => {
  test("is not there at the start", async () => {
    const port = await freePort();
    const health = store(port);

    expect(await timed(health)).toBeLessThan(LONGEST_MS + 75);
    let server: TestServer | undefined;
    await goesOnAlone(
      health,
      async () => {
        server = await startServerAt(port, program);
        closers.push(() => server?.stop());
      },
      port,
    );
  });

  test("is killed", async () => {
    const server = await start(program);
    const health = store(server.port);
    await warm(health);

    server.process.kill("SIGKILL");
    expect(await timed(health)).toBeLessThan(LONGEST_MS + 75);
    await goesOnAlone(health, () => server.restart(), server.port);
  });

  test("stands still for 8 s: one call waits for it, and then nobody", async () => {
    const server = await start(program);
    const health = store(server.port);
    await warm(health);

    server.process.kill("SIGSTOP");
    const first = await timed(health);
    expect(first).toBeGreaterThanOrEqual(70);
    expect(first).toBeLessThan(LONGEST_MS + 75);
    await goesOnAlone(
      health,
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 8_000 - first));
        server.process.kill("SIGCONT");
      },
      server.port,
    );
  });

  test("stands still while a registry answers: each call after the first one takes as long as ever", async () => {
    const server = await start(program);
    const health = store(server.port);
    await warm(health);
    const registry = createRegistry({ providers: [{ ...CARD, stream: answer }], health });
    const request = { messages: [{ role: "user" as const, content: "hi" }] };
    await registry.chat(request).result();

    server.process.kill("SIGSTOP");
    const times: number[] = [];
    for (let call = 0; call < 10; call++) {
      const begin = performance.now();
      expect((await registry.chat(request).result()).text).toBe("hello");
      times.push(performance.now() - begin);
    }

    expect(times[0]).toBeLessThan(LONGEST_MS + 75);
    // a busy machine may be slow once, and not each time
    expect(times.slice(1).toSorted((a, b) => a - b)[4]).toBeLessThan(40);
  });

  test("forgets everything", async () => {
    const server = await start(program);
    const health = store(server.port, 2_000);
    await warm(health);
    health.fail(await admit(health), FAILURE);
    await health.peek(SUBJECT);

    await server.say("FLUSHALL");
    await server.say("SCRIPT", "FLUSH");

    expect((await health.admit(SUBJECT)).admitted).toBe(true);
    expect(health.status()).toEqual({ shared: true });
  });

  test("has something else under the name of a key", async () => {
    const server = await start(program);
    const health = store(server.port, 2_000);
    await warm(health);
    await server.say("SET", KEY, "something else");

    health.fail(await admit(health), FAILURE);
    expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
    const other = await health.admit({ provider: "two", model: "small" });

    expect(other.admitted).toBe(true);
    expect(health.status()).toMatchObject({ shared: true, problem: expect.stringContaining("WRONGTYPE") });
    expect(await server.say("GET", KEY)).toContain("something else");
  });

  test("has no memory left", async () => {
    const server = await start(program, "--maxmemory-policy", "noeviction");
    const health = store(server.port, 2_000);
    await warm(health);

    await server.say("CONFIG", "SET", "maxmemory", "1");
    health.fail(await admit(health), FAILURE);

    await vi.waitFor(() => expect(health.status().problem).toContain("OOM"), { timeout: 10_000 });
    expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
    await server.say("CONFIG", "SET", "maxmemory", "0");
    await vi.waitFor(() => expect(health.status()).toEqual({ shared: true }), { timeout: 20_000 });
    expect(await store(server.port, 2_000).peek(SUBJECT)).toMatchObject({ state: "cooling" });
  });

  test("is one of a cluster and says who else has the key", async () => {
    const server = await start(program, "--cluster-enabled", "yes");
    await server.say("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await vi.waitFor(async () => expect(await server.say("CLUSTER", "INFO")).toContain("cluster_state:ok"), {
      timeout: 20_000,
    });
    const slot = Number(/:(\d+)/.exec(await server.say("CLUSTER", "KEYSLOT", KEY))?.[1]);
    const health = store(server.port, 2_000);
    await warm(health);
    const elsewhere = "a".repeat(40);
    await server.say("CLUSTER", "SETSLOT", `${slot}`, "NODE", elsewhere);
    await server.say("CLUSTER", "DELSLOTS", `${slot}`);

    health.fail(await admit(health), FAILURE);

    await vi.waitFor(() => expect(health.status().problem).toMatch(/MOVED|CLUSTERDOWN/), { timeout: 10_000 });
    expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
  });

  test("fails over: the replica that is promoted knows what was told", async () => {
    const first = await start(program);
    const second = await start(program, "--replicaof", "127.0.0.1", `${first.port}`);
    await vi.waitFor(
      async () => expect(await second.say("INFO", "replication")).toContain("link_status:up"),
      {
        timeout: 30_000,
      },
    );
    const health = store(first.port, 2_000);
    await warm(health);
    health.fail(await admit(health), FAILURE);
    await health.peek(SUBJECT);
    await first.say("WAIT", "1", "5000");

    const replica = store(second.port, 2_000);
    expect((await replica.admit(SUBJECT)).admitted).toBe(false);
    replica.fail(await admit(replica, "alone"), FAILURE);
    await vi.waitFor(() => expect(replica.status().problem).toContain("READONLY"), { timeout: 10_000 });
    await first.stop();
    await second.say("REPLICAOF", "NO", "ONE");

    await vi.waitFor(() => expect(replica.status()).toEqual({ shared: true }), { timeout: 20_000 });
    expect(await store(second.port, 2_000).admit(SUBJECT)).toMatchObject({
      admitted: false,
      state: "cooling",
    });
    expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
  });

  test("is behind a link of 200 ms: one call waits, and then nobody", async () => {
    const server = await start(program);
    const link = await startSlowLink(server.port, 200);
    closers.push(() => link.close());
    const client = createClient({ socket: { port: link.port, host: "127.0.0.1" } });
    client.on("error", () => {});
    await client.connect();
    closers.push(() => client.destroy());
    const health = createRedisHealth({ client: fromRedis(client) });

    const first = await timed(health);
    const others: number[] = [];
    for (let call = 0; call < 20; call++) others.push(await timed(health));

    expect(first).toBeGreaterThanOrEqual(70);
    expect(first).toBeLessThan(LONGEST_MS + 75);
    expect(others.toSorted((a, b) => a - b)[10]).toBeLessThan(20);
    expect(health.status()).toMatchObject({ shared: false, problem: expect.stringContaining("75 ms") });
  });

  test("a probe that was given too late is given back", async () => {
    const server = await start(program);
    const other = store(server.port, 5_000);
    await warm(other);
    other.fail(await admit(other), { ...FAILURE, cooldownMs: 1, longestMs: 1 });
    await other.peek(SUBJECT);
    const late = store(server.port);
    await warm(late);

    server.process.kill("SIGSTOP");
    const alone = await late.admit(SUBJECT);
    server.process.kill("SIGCONT");
    await vi.waitFor(() => expect(late.status()).toEqual({ shared: true }), { timeout: 20_000 });

    expect(alone.admitted).toBe(true);
    await vi.waitFor(async () => expect((await other.admit(SUBJECT)).admitted).toBe(true), {
      timeout: 10_000,
    });
  });
});

test.each<[string, () => Promise<unknown>]>([
  [
    "throws at once",
    () => {
      throw new Error("no client");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no client"))],
  ["never answers", () => new Promise(() => {})],
  ["answers nonsense", () => Promise.resolve({ now: "x" })],
])("a client that %s is one without a server", async (_, run) => {
  const health = createRedisHealth({ client: { evalsha: run, eval: run } });

  health.fail(await admit(health), FAILURE);

  expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
  await health.reset();
  expect((await health.admit(SUBJECT)).admitted).toBe(true);
});

const CARD = {
  specificationVersion: 1,
  id: "one",
  name: "One",
  status: { state: "active", checked: "2026-01-01" },
  models: [{ id: "small" }],
} as const;

async function* answer(): AsyncGenerator<StreamPart, void> {
  yield { type: "text-delta", delta: "hello" };
  yield { type: "finish", finishReason: "stop" };
}
