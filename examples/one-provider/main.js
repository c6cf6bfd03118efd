import { createRegistry } from "@fallthrough/registry";
import { discoverProviders } from "@fallthrough/registry/discover";

const settings = { pizzagpt: { baseURL: process.env.PIZZAGPT_URL } }; // unset: the provider's own site
const { providers } = await discoverProviders({ from: import.meta.url, settings });
const registry = createRegistry({ providers });
for (const { reference } of registry.models()) console.log("found", reference);

const reply = registry.chat({
  messages: [{ role: "user", content: process.argv[2] ?? "Why is the sky blue?" }],
});
for await (const text of reply.textStream) process.stdout.write(text);
console.table(reply.route.attempts, ["provider", "model", "outcome", "code", "ms"]);
