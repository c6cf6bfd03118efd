import { type ChatMessage, chat } from "@fallthrough/core";
import { createFakegpt } from "@fallthrough/provider-fakegpt";
import { createRegistry } from "@fallthrough/registry";
import { type Client, PROMPT } from "../client.ts";

const MESSAGES: ChatMessage[] = [{ role: "user", content: PROMPT }];

/** The cumulative provider, asked through core alone. */
export function createFakegptClient(baseURL: string): Client {
  const provider = createFakegpt({ baseURL });
  const ask = () => chat(provider, { messages: MESSAGES });
  return {
    stream: () => ask().textStream,
    whole: () => ask().text(),
    close: async () => provider.close?.(),
  };
}

/** The cumulative provider behind a registry. */
export function createFakegptRegistryClient(baseURL: string): Client {
  const registry = createRegistry({ providers: [createFakegpt({ baseURL })] });
  const ask = () => registry.chat({ messages: MESSAGES });
  return {
    stream: () => ask().textStream,
    whole: () => ask().text(),
    close: () => registry.close(),
  };
}
