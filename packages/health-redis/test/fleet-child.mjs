// one process of a fleet: many callers at once, whose providers ask the test's own server
import { createRedisHealth, fromIoredis } from "@fallthrough/health-redis";
import { ChatError, createRegistry } from "@fallthrough/registry";
import { Redis } from "ioredis";

const [redisPort, upstream] = process.argv.slice(2);
const client = new Redis(Number(redisPort), "127.0.0.1");
client.on("error", () => {});
// the machine that runs the tests may be busy with others
const health = createRedisHealth({ client: fromIoredis(client), deadlineMs: 10_000 });

/** @param {string} id */
function provider(id) {
  return {
    specificationVersion: /** @type {const} */ (1),
    id,
    name: id,
    status: { state: /** @type {const} */ ("active"), checked: "2026-01-01" },
    models: [{ id: "small" }],
    async *stream() {
      const response = await fetch(`http://127.0.0.1:${upstream}/${id}`);
      if (!response.ok) throw new ChatError("server", `[${id}] the service answered ${response.status}`);
      yield { type: /** @type {const} */ ("text-delta"), delta: await response.text() };
      yield { type: /** @type {const} */ ("finish"), finishReason: /** @type {const} */ ("stop") };
    },
  };
}

const registry = createRegistry({ providers: [provider("first"), provider("second")], health });
const { state, remainingMs } = await health.peek({ provider: "first", model: "small" });
process.send?.({ state, remainingMs, time: Date.now() });
process.once("disconnect", () => process.exit());

process.once("message", async (/** @type {{ callers: number, calls: number }} */ { callers, calls }) => {
  const answers = await Promise.all(
    Array.from({ length: callers }, async () => {
      const own = [];
      for (let call = 0; call < calls; call++) {
        const { route } = await registry.chat({ messages: [{ role: "user", content: "hi" }] }).result();
        own.push(route?.provider);
      }
      return own;
    }),
  );
  process.send?.({ answers: answers.flat(), ...health.status() }, () => process.exit(0));
});
