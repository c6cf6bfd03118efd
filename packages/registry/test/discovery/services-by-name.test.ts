import type { AssistantMessage, ChatMessage } from "@fallthrough/core";
import { type Services, startServices } from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRegistry, type Registry } from "../../src/index.ts";

// servers by name, made by the packages that are installed

const QUESTION = "Is it blue?";

let services: Services;
let registry: Registry | undefined;
beforeEach(async () => {
  services = await startServices({
    anthropic: { apiKey: "a" },
    gemini: { apiKey: "g" },
    openai: { apiKey: "o" },
  });
});
afterEach(async () => {
  await registry?.close();
  await services.close();
});

/** What two servers of Anthropic's protocol, one of Gemini's and one of Responses are told of. */
function start(): Registry {
  const claude = { protocol: "anthropic", baseURL: services.anthropic.baseURL, apiKey: "a" };
  registry = createRegistry({
    servers: {
      work: { ...claude, models: ["claude-sonnet-4-6"] },
      home: { ...claude, models: ["claude-haiku-4-5"], maxOutputTokens: 77 },
      google: {
        protocol: "gemini",
        baseURL: services.gemini.baseURL,
        apiKey: "g",
        models: ["gemini-3-flash"],
      },
      pro: { api: "responses", baseURL: services.openai.baseURL, apiKey: "o", models: ["o3-pro"] },
    },
  });
  return registry;
}

test.each([
  ["work", "claude-sonnet-4-6"],
  ["home", "claude-haiku-4-5"],
  ["google", "gemini-3-flash"],
  ["pro", "o3-pro"],
])("%s answers by its name, with its own model", async (name, model) => {
  const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];

  const { text, route } = await start().chat({ model: name, messages }).result();

  expect(text).toBe(services.answerTo(QUESTION));
  expect(route).toMatchObject({ provider: name, model });
});

test("a setting that only its protocol knows reaches a server, and an unknown one is refused by its name", async () => {
  const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];
  await start().chat({ model: "home", messages }).text();

  expect(JSON.parse(services.anthropic.requests[0]?.body ?? "")).toMatchObject({ max_tokens: 77 });
  const wrong = createRegistry({
    servers: { work: { protocol: "anthropic", baseURL: "http://127.0.0.1:1", topK: true } },
  });
  await expect(wrong.chat({ model: "work/m", messages }).text()).rejects.toMatchObject({
    message: expect.stringContaining("topK"),
  });
});

test("a thought goes back to the instance that it came from, and not to its twin", async () => {
  const { chat } = start();
  const ask = async (model: string, messages: ChatMessage[]): Promise<AssistantMessage> =>
    (await chat({ model, messages, reasoningEffort: "low" }).result()).message;
  const messages: ChatMessage[] = [{ role: "user", content: QUESTION }];

  messages.push(await ask("work", messages), { role: "user", content: "And red?" });
  await ask("work", messages);
  await ask("home", messages);

  const bodies = services.anthropic.requests.map(({ body }) => body);
  expect(bodies.map((body) => body.includes('"signature"'))).toEqual([false, true, false, false]);
});
