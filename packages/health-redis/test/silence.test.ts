import type { AdmitOptions, HealthSubject, Permit } from "@fallthrough/registry";
import { LEASE_MARGIN_MS } from "@fallthrough/registry/shared-health";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { fromIoredis, type ScriptClient } from "../src/clients.ts";
import { createStore, type RedisHealth } from "../src/redis-health.ts";
import { createScripts } from "../src/scripts.ts";
import { describeServers, startServer, type TestServer } from "./server.ts";

const SUBJECT: HealthSubject = { provider: "one", model: "small", origin: "http://127.0.0.1:1", key: "mark" };
/** 400 ms of silence are usual with this timer. */
const OPTIONS: AdmitOptions = { firstChunkMs: 12_000 };
const SCRIPTS = createScripts("local function clock() return cjson.decode(ARGV[1]).testNow end");
const START = 1_800_000_000_000;

describeServers("%s", (program) => {
  let server: TestServer;
  let redis: Redis;
  let client: ScriptClient;
  /** The clock of the server and of each process, which a busy machine does not move. */
  let time = 0;
  /** What was run, by its SHA-1. */
  let run: string[] = [];

  beforeAll(async () => {
    server = await startServer(program);
    redis = new Redis(server.port, "127.0.0.1");
    const real = fromIoredis(redis);
    client = {
      ...real,
      evalsha(sha, keys, args) {
        run.push(sha);
        return real.evalsha(sha, keys, args);
      },
    };
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await server.say("FLUSHALL");
    time = 0;
    run = [];
  });

  function createProcess(): RedisHealth {
    return createStore({
      client,
      prefix: "test",
      deadlineMs: 5_000,
      scripts: SCRIPTS,
      now: () => time,
      random: () => 0.5,
      extra: () => ({ testNow: START + time }),
    });
  }

  async function admit(health: RedisHealth, options: AdmitOptions = OPTIONS): Promise<Permit> {
    const answer = await health.admit(SUBJECT, options);
    if (!answer.admitted) throw new Error(`nobody may ask, it is ${answer.state}`);
    return answer;
  }

  /** So many processes have told that they wait longer than is usual. */
  async function waiting(count: number): Promise<void> {
    const { sha } = SCRIPTS.wait;
    await vi.waitFor(() => expect(run.filter((one) => one === sha)).toHaveLength(count), 5_000);
  }

  async function answer(health: RedisHealth): Promise<void> {
    const permit = await admit(health);
    await health.commit(permit);
    await health.succeed(permit);
  }

  test("a call of each of two processes that waits in silence makes the model suspect for a third, until content comes", async () => {
    const [one, two, three] = [createProcess(), createProcess(), createProcess()];
    const options = { firstChunkMs: 300 };
    const waits = [await admit(one, options), await admit(two, options)];
    await waiting(2);
    time = 300;
    expect((await three.peek(SUBJECT)).state).toBe("well");

    // of a model that nothing is known of, both together wait for two and a half of the timer
    time = 400;
    expect((await three.peek(SUBJECT)).state).toBe("suspect");

    await one.commit(waits[0] as Permit);
    expect((await three.peek(SUBJECT)).state).toBe("well");
    await two.release(waits[1] as Permit);
  });

  test("two calls that wait longer than is usual make nothing suspect while others are answered", async () => {
    const [one, two, three] = [createProcess(), createProcess(), createProcess()];
    const waits = [await admit(one), await admit(two)];
    await waiting(2);
    for (; time < 1_200; time += 50) await answer(three);
    expect((await three.peek(SUBJECT)).state).toBe("well");

    // with more than ten answers the usual is known, and nobody is answered any more
    time += 5_000;
    expect((await three.peek(SUBJECT)).state).toBe("suspect");
    await Promise.all([one.release(waits[0] as Permit), two.release(waits[1] as Permit)]);
  });

  test("a call of a process that was killed as it waited is forgotten, and costs later calls nothing", async () => {
    const [killed, other] = [createProcess(), createProcess()];
    await admit(killed);
    await waiting(1);
    time += 12_000 + LEASE_MARGIN_MS;
    await answer(other);
    run = [];

    await answer(other);
    expect((await other.peek(SUBJECT)).state).toBe("well");

    const { admit: leave, succeed, peek } = SCRIPTS;
    expect(run).toEqual([leave, succeed, peek].map(({ sha }) => sha));
  });
});
