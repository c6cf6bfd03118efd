import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";

const local = createOpenAI({ id: "local", baseURL: process.env.LOCAL_URL ?? "http://127.0.0.1:11434/v1" });
const registry = createRegistry({ providers: [local] });

const schema = {
  type: "object",
  properties: { city: { type: "string" }, inhabitants: { type: "integer" } },
  required: ["city", "inhabitants"],
};
const text = await registry
  .chat({
    messages: [{ role: "user", content: "Name a city and its inhabitants." }],
    responseFormat: { type: "json", name: "city", schema },
  })
  .text();
// a model may still break the schema: check what you rely on
const { city, inhabitants } = JSON.parse(text);
console.log(`${city} has ${inhabitants} inhabitants`);
await registry.close();
