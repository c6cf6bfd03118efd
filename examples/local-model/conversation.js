import { createInterface } from "node:readline/promises";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [local] });

/** @type {import("@fallthrough/registry").ChatMessage[]} */
const messages = [{ role: "system", content: "Answer in one sentence." }];
for await (const line of createInterface({ input: process.stdin })) {
  messages.push({ role: "user", content: line });
  const reply = registry.chat({ messages });
  for await (const text of reply.textStream) process.stdout.write(text);
  process.stdout.write("\n");
  const { message } = await reply.result();
  messages.push(message);
}
await registry.close();
