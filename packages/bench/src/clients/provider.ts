import { type ChatRequest, chat } from "@fallthrough/core";
import { createOpenAI } from "@fallthrough/provider-openai";
import { type Client, MODEL, PROMPT } from "../client.ts";

const REQUEST: ChatRequest = { model: MODEL, messages: [{ role: "user", content: PROMPT }] };

/** One provider without anything around it. */
export function createProviderClient(baseURL: string): Client {
  const provider = createOpenAI({ baseURL });
  async function* stream(): AsyncGenerator<string> {
    for await (const part of provider.stream(REQUEST)) if (part.type === "text-delta") yield part.delta;
  }
  return {
    stream,
    async whole() {
      let text = "";
      for await (const delta of stream()) text += delta;
      return text;
    },
    close: async () => provider.close?.(),
  };
}

/** One provider, asked through core. */
export function createChatClient(baseURL: string): Client {
  const provider = createOpenAI({ baseURL });
  return {
    stream: () => chat(provider, REQUEST).textStream,
    whole: () => chat(provider, REQUEST).text(),
    close: async () => provider.close?.(),
  };
}
