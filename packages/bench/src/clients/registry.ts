import { createOpenAI } from "@fallthrough/provider-openai";
import { createRegistry } from "@fallthrough/registry";
import { type Client, MODEL, PROMPT } from "../client.ts";

const IDS = ["first", "second", "third"];

/** A registry with default settings over one or three candidates, the first of which answers. */
export function createRegistryClient(baseURL: string, candidates: 1 | 3): Client {
  const models = [{ id: MODEL }];
  const providers = IDS.slice(0, candidates).map((id) => createOpenAI({ id, baseURL, models }));
  const registry = createRegistry({ providers });
  const ask = () => registry.chat({ model: MODEL, messages: [{ role: "user", content: PROMPT }] });
  return {
    stream: () => ask().textStream,
    whole: () => ask().text(),
    close: () => registry.close(),
  };
}
