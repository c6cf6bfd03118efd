import { setImmediate as turn } from "node:timers/promises";
import { startGateway } from "@fallthrough/gateway";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

// a process of its own, so that what is measured is the gateway alone

const [baseURL, maxCalls] = process.argv.slice(2);
const provider = createOpenAI({ baseURL, models: [{ id: "model" }] });
const registry = createRegistry({ providers: [provider] });
const gateway = await startGateway(registry, { port: 0, maxCalls: Number(maxCalls) });

process.on("message", async () => {
  // what the last call left is let go in the turns after it
  for (let turns = 0; turns < 3; turns++) {
    await turn();
    globalThis.gc?.();
  }
  process.send?.({ heap: process.memoryUsage().heapUsed, peak: process.resourceUsage().maxRSS * 1024 });
});
process.once("disconnect", () => process.exit());
process.send?.(gateway.port);
