// pi's own reader of each dialect, and its own check for a conversation that is too long; arguments: its folder, the origin
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, origin] = process.argv.slice(2);
const part = (file) => import(pathToFileURL(join(folder, "dist", file)).href);

const { isContextOverflow } = await part("utils/overflow.js");
const dialects = [
  ["openai-completions", `${origin}/v1`],
  ["openai-responses", `${origin}/v1`],
  ["anthropic-messages", origin],
];
const found = {};
for (const [api, baseUrl] of dialects) {
  const { stream } = await part(`api/${api}.js`);
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const model = { id: "agents", name: "agents", api, provider: "fallthrough", baseUrl, cost };
  const limits = { reasoning: false, input: ["text"], contextWindow: 8192, maxTokens: 100 };
  const messages = [{ role: "user", content: "hi", timestamp: Date.now() }];
  const answer = await stream({ ...model, ...limits }, { messages }, { apiKey: "any" }).result();
  found[api] = isContextOverflow(answer) || answer;
}
console.log(JSON.stringify(found));
