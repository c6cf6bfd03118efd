import { createChatgptfree } from "@fallthrough/provider-chatgptfree";
import { createPizzagpt } from "@fallthrough/provider-pizzagpt";
import { createRegistry } from "@fallthrough/registry";

// no manifest is read: what is created here is what can be asked, in this order
const registry = createRegistry({
  providers: [
    createPizzagpt({ baseURL: process.env.PIZZAGPT_URL }),
    createChatgptfree({ baseURL: process.env.CHATGPTFREE_URL, timeouts: { firstChunkMs: 15_000 } }),
  ],
  aliases: { fast: ["chatgptfree/gpt-4o-mini", "pizzagpt/gpt-4o-mini"] },
});

const question = process.argv[2] ?? "Why is the sky blue?";
const { text, route } = await registry
  .chat({ model: "fast", messages: [{ role: "user", content: question }] })
  .result();
console.log(text);
console.error(`answered by ${route.provider}/${route.model}, after ${route.attempts.length} attempts`);
await registry.close();
