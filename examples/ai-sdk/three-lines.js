import { createFallthrough } from "@fallthrough/ai-sdk";
import { generateText } from "ai";
import { registry } from "./registry.js";

const fallthrough = createFallthrough(registry);
const { text, providerMetadata } = await generateText({
  model: fallthrough("smart"),
  prompt: process.argv[2] ?? "Why is the sky blue?",
});
console.log(text);
console.error(JSON.stringify(providerMetadata?.fallthrough));
