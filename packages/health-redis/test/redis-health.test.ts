import {
  type AdmitOptions,
  createRegistry,
  type HealthFailure,
  type HealthSubject,
  type Permit,
  type StreamPart,
} from "@fallthrough/registry";
import { createClient } from "@redis/client";
import { Redis as Ioredis } from "ioredis";
import { Redis as Iovalkey } from "iovalkey";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  createRedisHealth,
  fromIoredis,
  fromIovalkey,
  fromRedis,
  type RedisHealth,
  type ScriptClient,
} from "../src/index.ts";
import { describeServers, startServer, type TestServer } from "./server.ts";

const SUBJECT: HealthSubject = { provider: "one", model: "small", origin: "http://127.0.0.1:1", key: "mark" };
const FAILURE: HealthFailure = {
  code: "rate-limit",
  scope: "model",
  effect: "cool",
  hard: false,
  cooldownMs: 60_000,
  factor: 1,
  longestMs: 60_000,
};
// the machine that runs the tests may be busy with others
const deadlineMs = 2_000;

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

type Connect = (port: number) => Promise<{ readonly client: ScriptClient; close(): void }>;

const CLIENTS: Readonly<Record<string, Connect>> = {
  async redis(port) {
    const client = createClient({ socket: { port, host: "127.0.0.1" } });
    client.on("error", () => {});
    await client.connect();
    return { client: fromRedis(client), close: () => client.destroy() };
  },
  async ioredis(port) {
    const client = new Ioredis(port, "127.0.0.1");
    client.on("error", () => {});
    return { client: fromIoredis(client), close: () => client.disconnect() };
  },
  async iovalkey(port) {
    const client = new Iovalkey(port, "127.0.0.1");
    client.on("error", () => {});
    return { client: fromIovalkey(client), close: () => client.disconnect() };
  },
};

describeServers("%s", (program) => {
  let server: TestServer;
  const closers: (() => void)[] = [];

  beforeAll(async () => {
    server = await startServer(program);
  });
  afterAll(async () => {
    for (const close of closers.splice(0)) close();
    await server.stop();
  });
  beforeEach(() => server.say("FLUSHALL"));

  async function createStore(connect: Connect = CLIENTS["ioredis"] as Connect): Promise<RedisHealth> {
    const { client, close } = await connect(server.port);
    closers.push(close);
    return createRedisHealth({ client, deadlineMs });
  }

  async function admit(health: RedisHealth, options?: AdmitOptions): Promise<Permit> {
    const answer = await health.admit(SUBJECT, options);
    if (!answer.admitted) throw new Error(`nobody may ask, it is ${answer.state}`);
    return answer;
  }

  async function fail(health: RedisHealth, facts: Partial<HealthFailure> = {}): Promise<void> {
    health.fail(await admit(health), { ...FAILURE, ...facts });
    // what is asked later is answered later, on one connection
    await health.peek(SUBJECT);
  }

  test.each(Object.entries(CLIENTS))(
    "what one process was told, another knows, and a server that lost its scripts learns them again: %s",
    async (_, connect) => {
      const [one, other] = [await createStore(connect), await createStore(connect)];
      await server.say("SCRIPT", "FLUSH");

      await fail(one);

      expect(await other.peek(SUBJECT)).toMatchObject({
        state: "cooling",
        code: "rate-limit",
        effect: "cool",
      });
      expect(await other.admit(SUBJECT)).toMatchObject({ admitted: false, state: "cooling" });
      await other.reset({ provider: "one", origin: SUBJECT.origin, key: "mark" });
      expect((await one.admit(SUBJECT)).admitted).toBe(true);
      expect([one.status(), other.status()]).toEqual([{ shared: true }, { shared: true }]);
    },
  );

  test("a registry uses the store as its health", async () => {
    const { port } = server;
    const providers = [{ ...CARD, stream: answer }];
    // #region use
    const client = createClient({ socket: { host: "127.0.0.1", port } });
    // without a listener an error of the client would end the process
    client.on("error", () => {});
    await client.connect();

    const health = createRedisHealth({ client: fromRedis(client) });
    const registry = createRegistry({ providers, health });
    // #endregion
    closers.push(() => client.destroy());

    const { text, route } = await registry.chat({ messages: [{ role: "user", content: "hi" }] }).result();

    expect({ text, by: route?.provider }).toEqual({ text: "hello", by: "one" });
  });

  test("failures of several processes are one row, which a success ends", async () => {
    const stores = [await createStore(), await createStore(), await createStore()] as const;
    const [one, two, three] = stores;
    await fail(one, { effect: "count" });
    await fail(two, { effect: "count" });
    await three.succeed(await admit(three));
    await fail(one, { effect: "count" });
    await fail(two, { effect: "count" });
    expect((await three.peek(SUBJECT)).state).toBe("well");

    await fail(three, { effect: "count" });

    expect((await one.peek(SUBJECT)).state).toBe("cooling");
  });

  test("of 200 parallel calls of two processes at half-open exactly one probes, and its content lets the others go", async () => {
    const stores = [await createStore(), await createStore()] as const;
    await fail(stores[0], { cooldownMs: 1, longestMs: 1 });

    const answers = await Promise.all(
      stores.flatMap((store) => Array.from({ length: 100 }, () => store.admit(SUBJECT))),
    );

    const probes = answers.flatMap((answer, place) => (answer.admitted ? [{ answer, place }] : []));
    expect(probes).toHaveLength(1);
    const [{ answer, place } = { answer: undefined, place: 0 }] = probes;
    const others = answers.flatMap((one) => (one.admitted ? [] : [one.settled]));
    expect(others.filter((settled) => settled === undefined)).toEqual([]);
    await stores[place < 100 ? 0 : 1].commit(answer as Permit);
    await Promise.all(others);
    expect((await stores[0].peek(SUBJECT)).state).toBe("well");
  });

  test("limits are one ledger: reserved, told, settled", async () => {
    const [one, other] = [await createStore(), await createStore()];
    const limits = { requests: { minute: 3 }, tokens: { minute: 100 } };
    const permit = await admit(one, { limits, characters: () => 240 });
    expect((await other.peek(SUBJECT)).limits).toMatchObject([
      { unit: "requests", left: 2, limit: 3 },
      { unit: "tokens", left: 31, limit: 100 },
    ]);

    await one.succeed(permit, { inputTokens: 10, outputTokens: 10, totalTokens: 20 });
    expect((await other.peek(SUBJECT)).limits).toMatchObject([{ left: 2 }, { left: 80 }]);
    await other.note(await admit(other, { limits }), [
      { name: "rpm", unit: "requests", window: "minute", limit: 3, remaining: 0, resetMs: 30_000 },
    ]);

    expect(await one.admit(SUBJECT, { limits })).toMatchObject({
      admitted: false,
      state: "refused",
      code: "rate-limit",
      lacking: { unit: "requests", left: 0, source: "told by the server" },
    });
    expect((await one.room(SUBJECT)).share).toBe(0);
  });

  test("an outage of one model stands in the way of no other, and one of the server in that of all", async () => {
    const [one, other] = [await createStore(), await createStore()];
    await fail(one);
    const large = { ...SUBJECT, model: "large" };
    expect((await other.admit(large)).admitted).toBe(true);

    one.fail(await admit(one, { insist: "alone" }), { ...FAILURE, scope: "origin" });
    await one.peek(SUBJECT);

    expect(await other.admit({ ...large, provider: "two" })).toMatchObject({ state: "cooling" });
  });

  test("a second model that is refused for the same reason rules out the key", async () => {
    const [one, other] = [await createStore(), await createStore()];
    const second = { ...FAILURE, code: "auth", effect: "park", scope: "key" } as const;
    for (const model of ["small", "large"]) {
      const answer = await one.admit({ ...SUBJECT, model });
      if (answer.admitted) one.fail(answer, { ...second, scope: "model", second });
    }
    await one.peek(SUBJECT);

    expect(await other.admit({ ...SUBJECT, model: "third" })).toMatchObject({
      state: "cooling",
      code: "auth",
    });
  });

  test("there is no word of anybody in the server, and its keys go by themselves", async () => {
    const health = await createStore();
    await fail(health);

    const keys = await server.say("KEYS", "*");
    expect(keys).toContain("ft:1:{http://127.0.0.1:1}");
    const left = Number(/:(\d+)/.exec(await server.say("PTTL", "ft:1:{http://127.0.0.1:1}"))?.[1]);
    expect(left).toBeGreaterThan(24 * 60 * 60 * 1_000);
    expect(left).toBeLessThanOrEqual(25 * 60 * 60 * 1_000);
    const all = await server.say("HKEYS", "ft:1:{http://127.0.0.1:1}");
    expect(all).toMatch(/^\*1\r\n\$\d+\r\nmodel:one http:\/\/127\.0\.0\.1:1 mark\/small\r\n$/);
  });

  test("any number of models takes a bounded place", async () => {
    const health = await createStore();
    for (let round = 0; round < 12; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, place) => {
          const answer = await health.admit({ ...SUBJECT, model: `model-${round}-${place}` });
          if (answer.admitted) health.fail(answer, FAILURE);
        }),
      );
    }
    await health.peek(SUBJECT);

    const size = Number(/:(\d+)/.exec(await server.say("HLEN", "ft:1:{http://127.0.0.1:1}"))?.[1]);
    expect(size).toBeGreaterThan(500);
    expect(size).toBeLessThanOrEqual(1_000);
  }, 30_000);
});

test.each([
  [undefined, /the options of createRedisHealth\(\)/],
  [{}, /`client`/],
  [{ client: {} }, /`client`.*fromRedis/],
  [{ client: { eval() {}, evalsha() {} }, prefix: "a b" }, /`prefix`/],
  [{ client: { eval() {}, evalsha() {} }, deadlineMs: 0 }, /`deadlineMs`/],
  [{ client: { eval() {}, evalsha() {} }, url: "redis://" }, /`url`/],
])("options that are wrong are refused by name: %j", (options, message) => {
  expect(() => createRedisHealth(options as never)).toThrow(message);
});
