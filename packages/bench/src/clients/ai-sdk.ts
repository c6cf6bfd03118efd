import { createOpenAI as createVendor } from "@ai-sdk/openai";
import { createFallthrough } from "@fallthrough/ai-sdk";
import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { type LanguageModel, streamText } from "ai";
import { type Client, MODEL, PROMPT } from "../client.ts";

const IDS = ["first", "second", "third"];

/** The AI SDK over the package that its makers publish for such a server. */
export function createStreamTextClient(baseURL: string): Client {
  return clientOf(createVendor({ baseURL, apiKey: "none" }).chat(MODEL));
}

/** The AI SDK over a registry of three candidates, the first of which answers. */
export function createFallthroughClient(baseURL: string): Client {
  const models = [{ id: MODEL }];
  const registry = createRegistry({ providers: IDS.map((id) => createOpenAI({ id, baseURL, models })) });
  return { ...clientOf(createFallthrough(registry)(MODEL)), close: () => registry.close() };
}

function clientOf(model: LanguageModel): Client {
  const ask = () => streamText({ model, prompt: PROMPT, maxRetries: 0 });
  return {
    stream: () => ask().textStream,
    whole: async () => ask().text,
  };
}
