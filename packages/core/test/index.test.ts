import { expect, test } from "vitest";
import { type ChatProvider, chat, type ProviderSettings } from "../src/index.ts";
import { createHttpClient, formatPrompt } from "../src/provider.ts";
import { messages } from "./providers.ts";
import { answer, startAnswering } from "./servers.ts";

test("a provider holds its protocol, and core derives the rest", async () => {
  const body = answer('{"content":"Because of Rayleigh."}', {
    headers: { "content-type": "application/json" },
  });
  const server = await startAnswering(body);

  // #region use
  function createToy(settings?: ProviderSettings): ChatProvider {
    const http = createHttpClient({ provider: "toy", origin: "https://toy.example" }, settings);
    return {
      specificationVersion: 1,
      id: "toy",
      name: "Toy",
      status: { state: "active", checked: "2026-11-21" },
      models: [{ id: "toy-1" }],
      async *stream({ messages, signal }) {
        const question = formatPrompt(messages);
        const response = await http({ method: "POST", path: "/ask", body: { question }, signal });
        const { content } = (await response.json()) as { content: string };
        yield { type: "text-delta", delta: content };
        yield { type: "finish", finishReason: "stop" };
      },
      close: http.close,
    };
  }
  // #endregion
  const toy = createToy({ baseURL: server.origin, proxy: false });

  // #region ask
  const reply = chat(toy, { messages });
  let text = "";
  for await (const delta of reply.textStream) text += delta;
  const { finishReason, route } = await reply.result();
  // #endregion
  await toy.close?.();

  expect({ text, finishReason, provider: route.provider }).toEqual({
    text: "Because of Rayleigh.",
    finishReason: "stop",
    provider: "toy",
  });
  expect(server.requests[0]?.body).toBe('{"question":"hi"}');
});
