import { createRegistry, type StreamPart } from "@fallthrough/registry";
import { createClient } from "@redis/client";
import { Cluster } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createRedisHealth, fromIoredis, fromRedis } from "../src/index.ts";
import {
  admit,
  connect,
  createHealth,
  FAILURE,
  goesOnAlone,
  LONGEST_MS,
  LONGEST_WAIT_MS,
  SUBJECT,
  store,
  timed,
  useOwnClock,
  warm,
} from "./away.ts";
import { describeServers, freePort, startServer, startSlowLink, type TestServer } from "./server.ts";

vi.setConfig({ testTimeout: 60_000 });

const KEY = "ft:1:{one}";

/** A server of one test alone. */
async function start(program: string, ...options: string[]): Promise<TestServer> {
  const server = await startServer(program, ...options);
  onTestFinished(() => server.stop());
  return server;
}

beforeEach(useOwnClock);
afterEach(() => {
  vi.useRealTimers();
});

describeServers("row 82: %s", (program) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer(program, "--maxmemory-policy", "noeviction");
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    if (!server.isRunning()) await server.restart();
    await server.say("CONFIG", "SET", "maxmemory", "0");
    await server.say("FLUSHALL");
  });

  test("is not there at the start", async () => {
    await server.kill();
    const health = store(server.port);

    expect(await timed(health)).toBeLessThan(LONGEST_WAIT_MS);
    await goesOnAlone(health, () => server.restart(), server.port);
  });

  test("is killed", async () => {
    const health = store(server.port);
    await warm(health);

    await server.kill();
    expect(await timed(health)).toBeLessThan(LONGEST_WAIT_MS);
    await goesOnAlone(health, () => server.restart(), server.port);
  });

  test("stands still: one call waits for it, and then nobody", async () => {
    const health = store(server.port);
    await warm(health);

    server.process.kill("SIGSTOP");
    const first = await timed(health);
    expect(first).toBeGreaterThanOrEqual(70);
    expect(first).toBeLessThan(LONGEST_WAIT_MS);
    await goesOnAlone(health, async () => server.process.kill("SIGCONT"), server.port);
  });

  test("stands still while a registry answers: each call after the first one takes as long as ever", async () => {
    const health = store(server.port);
    await warm(health);
    const registry = createRegistry({ providers: [{ ...CARD, stream: answer }], health });
    const request = { messages: [{ role: "user" as const, content: "hi" }] };
    await registry.chat(request).result();

    server.process.kill("SIGSTOP");
    onTestFinished(() => void server.process.kill("SIGCONT"));
    const times: number[] = [];
    for (let call = 0; call < 10; call++) {
      const begin = performance.now();
      expect((await registry.chat(request).result()).text).toBe("hello");
      times.push(performance.now() - begin);
    }

    expect(times[0]).toBeLessThan(LONGEST_WAIT_MS);
    expect(Math.max(...times.slice(1))).toBeLessThan(LONGEST_MS);
  });

  test("is away from a client that connects again for ever: that is asked one thing at a time", async () => {
    const client = connect(server.port);
    let [asked, open, mostOpen] = [0, 0, 0];
    const count = async (question: Promise<unknown>): Promise<unknown> => {
      asked += 1;
      open += 1;
      mostOpen = Math.max(mostOpen, open);
      return question.finally(() => {
        open -= 1;
      });
    };
    const health = createHealth({
      evalsha: (...words) => count(client.evalsha(...words)),
      eval: (...words) => count(client.eval(...words)),
    });
    await warm(health);
    await server.kill();
    await timed(health);
    [asked, mostOpen] = [0, 0];

    for (let call = 0; call < 100; call++) await timed(health);
    // time for ten questions
    await new Promise((resolve) => setTimeout(resolve, 500));

    expect(asked).toBeLessThanOrEqual(2);
    expect(mostOpen).toBeLessThanOrEqual(2);
    await server.restart();
    await vi.waitFor(() => expect(health.status()).toEqual({ shared: true }), { timeout: 30_000 });
    await vi.waitFor(() => expect(open).toBe(0));
  });

  test("forgets everything, its scripts as well", async () => {
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
    const health = store(server.port, 2_000);
    await warm(health);

    await server.say("CONFIG", "SET", "maxmemory", "1");
    health.fail(await admit(health), FAILURE);

    await vi.waitFor(() => expect(health.status().problem).toContain("OOM"), { timeout: 10_000 });
    expect(await health.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
    await server.say("CONFIG", "SET", "maxmemory", "0");
    await vi.waitFor(() => expect(health.status()).toEqual({ shared: true }), { timeout: 20_000 });
    await vi.waitFor(async () =>
      expect(await store(server.port, 2_000).peek(SUBJECT)).toMatchObject({ state: "cooling" }),
    );
  });

  test("is one of a cluster, and another has the key: `MOVED` to a client of one server, and no matter to one of a cluster", async () => {
    const [one, other] = [await startNode(program), await startNode(program)];
    const slot = Number(/:(\d+)/.exec(await one.server.say("CLUSTER", "KEYSLOT", KEY))?.[1]);
    await one.server.say("CLUSTER", "ADDSLOTSRANGE", "0", `${slot - 1}`, `${slot + 1}`, "16383");
    await other.server.say("CLUSTER", "ADDSLOTS", `${slot}`);
    await other.server.say("CLUSTER", "SET-CONFIG-EPOCH", "2");
    await one.server.say("CLUSTER", "MEET", "127.0.0.1", `${other.server.port}`, `${other.busPort}`);
    for (const node of [one, other]) {
      await vi.waitFor(
        async () =>
          expect(await node.server.say("CLUSTER", "INFO")).toMatch(
            /cluster_state:ok[\s\S]*cluster_slots_ok:16384/,
          ),
        { timeout: 30_000 },
      );
    }
    const lone = store(one.server.port, 2_000);

    lone.fail(await admit(lone), FAILURE);

    await vi.waitFor(() => expect(lone.status().problem).toContain(`MOVED ${slot}`), { timeout: 10_000 });
    expect(await lone.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
    const cluster = new Cluster([{ host: "127.0.0.1", port: one.server.port }]);
    onTestFinished(() => cluster.disconnect());
    const health = createHealth(fromIoredis(cluster), 5_000);
    health.fail(await admit(health), FAILURE);
    expect(await health.peek(SUBJECT)).toMatchObject({ state: "cooling" });
    expect(health.status()).toEqual({ shared: true });
    expect(await other.server.say("EXISTS", KEY)).toBe(":1\r\n");
  });

  test("fails over: the replica that is promoted knows what was told", async () => {
    const first = await start(program);
    const second = await start(program, "--replicaof", "127.0.0.1", `${first.port}`);
    await vi.waitFor(
      async () => expect(await second.say("INFO", "replication")).toContain("link_status:up"),
      { timeout: 30_000 },
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
    const link = await startSlowLink(server.port, 200);
    onTestFinished(() => link.close());
    const client = createClient({ socket: { port: link.port, host: "127.0.0.1" } });
    client.on("error", () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    const health = createHealth(fromRedis(client));

    const first = await timed(health);
    const others: number[] = [];
    for (let call = 0; call < 20; call++) others.push(await timed(health));

    expect(first).toBeGreaterThanOrEqual(70);
    expect(first).toBeLessThan(LONGEST_WAIT_MS);
    expect(others.toSorted((a, b) => a - b)[10]).toBeLessThan(LONGEST_MS / 2);
    expect(health.status()).toMatchObject({ shared: false, problem: expect.stringContaining("75 ms") });
  });

  test("a probe that was given too late is given back", async () => {
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

/** A server that can be one of a cluster; what the others tell it comes over a port of its own. */
async function startNode(
  program: string,
): Promise<{ readonly server: TestServer; readonly busPort: number }> {
  const busPort = await freePort();
  return {
    server: await start(program, "--cluster-enabled", "yes", "--cluster-port", `${busPort}`),
    busPort,
  };
}

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
