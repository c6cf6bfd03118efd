import { type ChatProvider, chat, type StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { discoverProviders } from "../../src/discover.ts";
import { createChain, createMemoryHealth, createRegistry } from "../../src/index.ts";
import { installed, manifest, writeFiles } from "../application.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

/** A plugin with all that a later minor may bring: the mark of its errors is the same within one major. */
const LATER = `
  class ChatError extends Error {
    constructor(code, message) {
      super(message);
      Object.assign(this, { code, scope: "galaxy", level: 7 });
      this[Symbol.for("@fallthrough/core/1.ChatError")] = true;
    }
  }
  export const createIt = () => ({
    specificationVersion: 1,
    id: "later",
    name: "Later",
    status: { state: "sleepy", checked: "2026-01-01", since: "2025" },
    models: [{ id: "later-model", capabilities: { telepathy: true, tools: true }, price: 3 }],
    rating: 5,
    async *stream({ messages }) {
      const [{ content }] = messages;
      if (content === "fail") throw new ChatError("overslept", "the server is still asleep");
      yield { type: "mood", mood: "good" };
      yield { type: "text-delta", delta: "an answer", tone: "warm" };
      yield { type: "mood", mood: "better" };
      yield { type: "finish", finishReason: "bored", mood: "best" };
    },
  });
`;

async function discoverLater(): Promise<ChatProvider> {
  const card = {
    status: { state: "sleepy", checked: "2026-01-01", since: "2025" },
    models: [{ id: "later-model", capabilities: { telepathy: true, tools: true }, price: 3 }],
    rating: 5,
  };
  const root = writeFiles({ "package.json": manifest("provider-later"), ...installed("later", card, LATER) });
  const { providers, problems } = await discoverProviders({ from: `${root}/main.js` });
  expect(problems).toEqual([]);
  return providers[0] as ChatProvider;
}

test("what the card of a later minor knows beside today's is left out, and the provider is used", async () => {
  const provider = await discoverLater();
  const registry = createRegistry({ providers: [provider] });

  expect(registry.models()).toEqual([
    {
      reference: "later/later-model",
      provider: "later",
      model: { id: "later-model", capabilities: { tools: true } },
    },
  ]);
  expect(provider.status).toEqual({ state: "unverified", checked: "2026-01-01" });
  expect(await registry.chat({ ...QUESTION, model: "later-model" }).text()).toBe("an answer");
});

test('an unknown part is handed on, and an unknown finish reason is "other" with its word kept', async () => {
  const chain = createChain([await discoverLater()]);
  const parts: StreamPart[] = [];
  for await (const part of chat(chain, QUESTION)) parts.push(part);

  expect(parts).toMatchObject([
    { type: "mood", mood: "good" },
    { type: "text-delta", delta: "an answer" },
    { type: "mood", mood: "better" },
    { type: "finish", finishReason: "other", rawFinishReason: "bored" },
  ]);
  expect(await chat(chain, QUESTION).result()).toMatchObject({ text: "an answer", finishReason: "other" });
});

test("an unknown error code is treated as a failure of the server, and told as it is", async () => {
  const health = createMemoryHealth();
  const later = await discoverLater();
  const request = { messages: [{ role: "user" as const, content: "fail" }] };
  const chain = createChain([later, fakeProvider("other", [answer("instead")])], { health });

  const { text, route } = await chat(chain, request).result();
  const alone = await chat(createChain([later]), request)
    .text()
    .catch((reason) => reason);

  expect(text).toBe("instead");
  expect(route.attempts).toMatchObject([{ provider: "later", outcome: "failed", code: "overslept" }, {}]);
  expect(alone).toMatchObject({ code: "overslept", errors: [{}, {}] });
  expect(alone.message).toContain("the server is still asleep");
  expect(
    await chat(later, request)
      .text()
      .catch((reason) => reason),
  ).toMatchObject({ code: "overslept" });
});
