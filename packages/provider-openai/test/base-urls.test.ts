import { type ChatRequest, chat } from "@fallthrough/core";
import type { SocketServer } from "@fallthrough/testkit";
import { afterEach, expect, test } from "vitest";
import data from "../presets.json" with { type: "json" };
import { createOpenAI, type OpenAISettings } from "../src/index.ts";
import { serve, streamOf } from "./serve.ts";

const request: ChatRequest = { model: "m", messages: [{ role: "user", content: "Hello" }] };
const ANSWER = streamOf({ choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] });

let server: SocketServer;
afterEach(() => server.close());

function settingsOf(id: string): OpenAISettings {
  return (data.presets.find((preset) => preset.id === id)?.settings ?? {}) as OpenAISettings;
}

test.each<[string, string, OpenAISettings, string]>([
  [
    "Azure's older path with its version",
    "/openai/deployments/d?api-version=2024-10-21",
    settingsOf("azure"),
    "/openai/deployments/d/chat/completions?api-version=2024-10-21",
  ],
  [
    "Azure's newer path with a version",
    "/openai/v1/?api-version=preview",
    settingsOf("azure"),
    "/openai/v1/chat/completions?api-version=preview",
  ],
  [
    "Cloudflare's path with the account",
    "/client/v4/accounts/0a1b/ai/v1",
    settingsOf("cloudflare"),
    "/client/v4/accounts/0a1b/ai/v1/chat/completions",
  ],
  ["a path without /v1", "/api/paas/v4", settingsOf("zai"), "/api/paas/v4/chat/completions"],
  ["no path", "", settingsOf("deepseek"), "/chat/completions"],
])("services.md §5: %s is asked as it is", async (_, path, settings, asked) => {
  server = await serve(ANSWER, ANSWER);
  const provider = createOpenAI({ ...settings, baseURL: `${server.origin}${path}`, apiKey: "the-key" });

  for (const _ of [1, 2]) await chat(provider, request).text();

  expect(server.requests.map((one) => one.path)).toEqual([asked, asked]);
  const { authorization, "api-key": own } = server.requests[0]?.headers ?? {};
  expect([authorization, own]).toEqual(
    settings.apiKeyHeader === undefined ? ["Bearer the-key", undefined] : [undefined, "the-key"],
  );
  await provider.close();
});

test("services.md §5: a base URL takes no other field, which may be a key", async () => {
  server = await serve();
  const baseURL = `${server.origin}/v1?api-version=1&key=hidden`;

  expect(() => createOpenAI({ baseURL })).toThrow(/holds a query or fragment, expected .*`api-version`/);
  expect(() => createOpenAI({ baseURL })).not.toThrow(/hidden/);
});
