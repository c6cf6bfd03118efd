import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [local] });

const controller = new AbortController();
const reply = registry.chat({
  messages: [{ role: "user", content: "Tell me a long story." }],
  signal: controller.signal,
});
try {
  for await (const text of reply.textStream) {
    process.stdout.write(text);
    controller.abort(new Error("that was enough")); // a time limit: AbortSignal.timeout(30_000)
  }
} catch (error) {
  if (error !== controller.signal.reason) throw error; // the abort's own reason comes back
  console.log("\nstopped");
}
await registry.close();
