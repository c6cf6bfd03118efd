import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { startRedis } from "./redis-server.mjs";
import { prepare } from "./setup.mjs";
import { ROOT } from "./workspace.mjs";

// what a fleet asks of the server: 64 processes, each with a connection and a store of its own
const PROCESSES = 64;
const SECONDS = 10;
/** Each process calls so often, in a second. */
const RATE = 5;
const PROVIDERS = ["one", "two", "three"];
const MODELS = ["small", "large"];
const LIMITS = { requests: { minute: 1_000_000 }, tokens: { minute: 1_000_000_000 } };
const FAILURE = {
  code: "server",
  scope: "model",
  effect: "count",
  hard: false,
  cooldownMs: 10_000,
  factor: 2,
  longestMs: 30_000,
};

prepare({ build: ["@fallthrough/health-redis..."] });
const { createRedisHealth, fromIoredis } = await import(
  new URL("../packages/health-redis/dist/index.js", import.meta.url).href
);
const { Redis } = createRequire(join(ROOT, "packages/health-redis/package.json"))("ioredis");

const { port, stop } = await startRedis();
try {
  await oneAfterTheOther();
  for (const limited of [false, true]) await load(limited);
} finally {
  await stop();
}
process.exit(0);

/** What one decision takes on an idle connection: as long as the way to the server and back. */
async function oneAfterTheOther() {
  const client = new Redis(port, "127.0.0.1");
  client.on("error", () => {});
  while ((await client.ping().catch(() => "")) !== "PONG");
  const health = createRedisHealth({ client: fromIoredis(client), deadlineMs: 1_000 });
  /** @type {number[]} */
  const times = [];
  for (let call = 0; call < 5_000; call++) {
    const start = performance.now();
    const answer = await health.admit({ provider: "one", model: "small" });
    times.push(performance.now() - start);
    if (answer.admitted) await health.succeed(answer);
  }
  console.log(`one process: a decision takes ${percentiles(times)}`);
  client.disconnect();
}

/** @param {number[]} times */
function percentiles(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ share) => `${sorted[Math.floor(sorted.length * share)]?.toFixed(2)} ms`;
  return `p50 ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}`;
}

/** @param {boolean} limited */
async function load(limited) {
  const admin = new Redis(port, "127.0.0.1");
  await admin.flushall();
  const before = await memoryOf(admin);
  const stores = await Promise.all(
    Array.from({ length: PROCESSES }, async () => {
      const client = new Redis(port, "127.0.0.1");
      await client.ping();
      return { client, health: createRedisHealth({ client: fromIoredis(client), deadlineMs: 1_000 }) };
    }),
  );
  /** @type {number[]} */
  const times = [];
  let calls = 0;
  const end = performance.now() + SECONDS * 1_000;
  await admin.config("RESETSTAT");
  const cpu = process.cpuUsage();
  await Promise.all(
    stores.map(async ({ health }) => {
      while (performance.now() < end) {
        await sleep((1_000 / RATE) * (0.5 + Math.random()));
        const provider = PROVIDERS[Math.floor(Math.random() * PROVIDERS.length)];
        const subject = { provider, model: MODELS[Math.floor(Math.random() * MODELS.length)] };
        const start = performance.now();
        const answer = await health.admit(
          subject,
          limited ? { limits: LIMITS, characters: () => 4_000 } : {},
        );
        times.push(performance.now() - start);
        calls += 1;
        if (!answer.admitted) continue;
        await health.commit(answer);
        // one call of fifty fails
        if (Math.random() < 0.02) health.fail(answer, FAILURE);
        else await health.succeed(answer, { inputTokens: 1_000, outputTokens: 200, totalTokens: 1_200 });
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const stats = String(await admin.info("commandstats"));
  const [, scripts = "0", usec = "0"] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(stats) ?? [];
  const keys = await admin.keys("ft:1:*");
  const sizes = await Promise.all(keys.map((/** @type {string} */ key) => admin.memory("USAGE", key)));
  const after = await memoryOf(admin);
  console.log(`${limited ? "with limits" : "without limits"}: ${PROCESSES} processes, ${calls} calls`);
  console.log(`  a decision takes ${percentiles(times)}`);
  console.log(
    `  scripts: ${(Number(scripts) / calls).toFixed(2)} for each call, ${Math.round(Number(usec) / Number(scripts))} µs of the server each`,
  );
  console.log(
    `  keys: ${keys.length}, ${Math.max(0, ...sizes)} bytes the largest, ${after - before} bytes of the server more, with its connections`,
  );
  console.log(`  CPU of a process: ${((user + system) / calls).toFixed(0)} µs for each call`);
  for (const { client } of stores) client.disconnect();
  admin.disconnect();
}

/** @param {{ info(section: string): Promise<string> }} admin */
async function memoryOf(admin) {
  return Number(/used_memory:(\d+)/.exec(await admin.info("memory"))?.[1]);
}
