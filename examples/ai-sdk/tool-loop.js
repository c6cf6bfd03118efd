import { createFallthrough } from "@fallthrough/ai-sdk";
import { stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { registry } from "./registry.js";

// a name alone is enough from here on, in any file of the program
globalThis.AI_SDK_DEFAULT_PROVIDER = createFallthrough(registry);

const result = streamText({
  model: "smart",
  prompt: process.argv[2] ?? "Why is the sky blue?",
  tools: {
    lookUp: tool({
      description: "Looks a question up",
      inputSchema: z.object({ question: z.string() }),
      execute: async ({ question }) => `nobody knows ${question}`,
    }),
  },
  stopWhen: stepCountIs(5),
  providerOptions: { fallthrough: { reasoningEffort: "low" } },
});
for await (const text of result.textStream) process.stdout.write(text);
for (const { finishReason, toolCalls, providerMetadata } of await result.steps) {
  console.error(finishReason, toolCalls.length, JSON.stringify(providerMetadata?.fallthrough?.route));
}
