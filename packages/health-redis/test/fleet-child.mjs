// one process of a fleet: a caller each 50 ms, whose provider asks the test's own server
import { createRedisHealth, fromIoredis } from "@fallthrough/health-redis";
import { ChatError, createRegistry } from "@fallthrough/registry";
import { Redis } from "ioredis";

const [redisPort, upstream] = process.argv.slice(2);
const client = new Redis(Number(redisPort), "127.0.0.1");
client.on("error", () => {});
const health = createRedisHealth({ client: fromIoredis(client), deadlineMs: 2_000 });
const EVERY_MS = 50;

/** @param {string} id */
function provider(id) {
  return {
    specificationVersion: /** @type {const} */ (1),
    id,
    name: id,
    status: { state: /** @type {const} */ ("active"), checked: "2026-01-01" },
    models: [{ id: "small" }],
    async *stream() {
      const response = await fetch(`http://127.0.0.1:${upstream}/${id}`).catch(() => undefined);
      if (response?.ok !== true)
        throw new ChatError("server", `[${id}] the service answered ${response?.status}`);
      yield { type: /** @type {const} */ ("text-delta"), delta: await response.text() };
      yield { type: /** @type {const} */ ("finish"), finishReason: /** @type {const} */ ("stop") };
    },
  };
}

const registry = createRegistry({ providers: [provider("first"), provider("second")], health });
await health.peek({ provider: "first", model: "small" });
process.send?.({ ready: true, time: Date.now() });

let asking = true;
process.once("message", async () => {
  let [answered, failed, calls] = [0, 0, 0];
  const pending = [];
  process.once("message", () => {
    asking = false;
  });
  while (asking) {
    calls += 1;
    pending.push(
      registry
        .chat({ messages: [{ role: "user", content: "hi" }] })
        .result()
        .then(
          () => {
            answered += 1;
          },
          () => {
            failed += 1;
          },
        ),
    );
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS * (0.5 + Math.random())));
  }
  await Promise.all(pending);
  process.send?.({ answered, failed, calls, ...health.status() }, () => process.exit(0));
});
