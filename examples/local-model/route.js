import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const { LOCAL_URL = "http://127.0.0.1:11434/v1", SECOND_URL = "http://127.0.0.1:8080/v1" } = process.env;
const registry = createRegistry({
  providers: [
    createOpenAI({ id: "first", baseURL: LOCAL_URL, limits: { requests: { minute: 30 } } }),
    createOpenAI({ id: "second", baseURL: SECOND_URL, timeouts: { firstChunkMs: 60_000 } }),
  ],
  aliases: { fast: ["first/llama3.2", "second/llama3.2"] },
  onAttempt: ({ provider, outcome, code = "" }) => console.log(provider, outcome, code),
});

const messages = [{ role: /** @type {const} */ ("user"), content: "Why is the sky blue?" }];
const { text, route } = await registry.chat({ model: "fast", messages }).result();
console.log(text);
console.log(`${route.provider} answered after ${route.attempts.length} attempts`);
await registry.close();
