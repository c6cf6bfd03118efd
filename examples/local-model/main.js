import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const ollama = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [ollama] });
const reply = registry.chat({ messages: [{ role: "user", content: "Why is the sky blue?" }] });
for await (const text of reply.textStream) process.stdout.write(text);
