import { createRegistry } from "@fallthrough/registry";
import { discoverProviders } from "@fallthrough/registry/discover";

const { PIZZAGPT_URL, CHATGPTT_URL, CHATGPTFREE_URL } = process.env;
const { providers } = await discoverProviders({
  from: import.meta.url,
  settings: {
    pizzagpt: { baseURL: PIZZAGPT_URL },
    chatgptt: { baseURL: CHATGPTT_URL },
    chatgptfree: { baseURL: CHATGPTFREE_URL },
  },
  order: ["pizzagpt", "chatgptt", "chatgptfree"],
});
const registry = createRegistry({ providers });

// the registry remembers who failed, so the second question goes straight to the one who answered the first
for (const question of ["What is a fallback chain?", "And what is a cooldown?"]) {
  const reply = registry.chat({ messages: [{ role: "user", content: question }] });
  for await (const text of reply.textStream) process.stdout.write(text);
  process.stdout.write("\n");
  console.table(reply.route.attempts, ["provider", "outcome", "code", "reason"]);
}
await registry.close();
