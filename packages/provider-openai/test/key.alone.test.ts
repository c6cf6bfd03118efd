import { type ChatRequest, chat } from "@fallthrough/core";
import type { SocketServer } from "@fallthrough/testkit";
import { httpJson } from "@fallthrough/testkit";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { OpenAISettings } from "../src/index.ts";
import { failureOf } from "./failure-of.ts";
import { providerFor, serve, streamOf } from "./serve.ts";

const request: ChatRequest = { model: "m", messages: [{ role: "user", content: "Hello" }] };
const ANSWER = streamOf({ choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] });
const KEY = "top-secret-key-of-the-test";

let server: SocketServer;
beforeEach(() => vi.stubEnv("FALLTHROUGH_TEST_KEY", `${KEY}\n`));
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

test.each<[string, OpenAISettings, string | undefined]>([
  ["the settings", { apiKey: KEY }, `Bearer ${KEY}`],
  ["the variable that the settings name", { apiKeyEnv: "FALLTHROUGH_TEST_KEY" }, `Bearer ${KEY}`],
  ["the settings, over the variable", { apiKey: "mine", apiKeyEnv: "FALLTHROUGH_TEST_KEY" }, "Bearer mine"],
  ["a header of one's own", { apiKey: KEY, headers: { Authorization: "Basic abc" } }, "Basic abc"],
  ["nowhere, where none is needed", {}, undefined],
  ["nowhere, where the setting is blank", { apiKey: "" }, undefined],
])("the key is taken from %s", async (_, settings, authorization) => {
  server = await serve(ANSWER);
  const provider = providerFor(server, settings);

  await chat(provider, request).text();

  expect(server.requests[0]?.headers["authorization"]).toBe(authorization);
  await provider.close?.();
});

test("a key that is missing is a config error, and no request is made", async () => {
  server = await serve(ANSWER);
  const provider = providerFor(server, { apiKeyEnv: "FALLTHROUGH_TEST_MISSING" });

  await expect(chat(provider, request).text()).rejects.toMatchObject({ code: "config" });
  expect(server.connections).toBe(0);
});

test("a key that the server quotes is in no error", async () => {
  server = await serve(
    httpJson({ error: { message: `Incorrect API key: ${KEY}`, code: "invalid_api_key" } }, 401),
  );
  const provider = providerFor(server, { apiKeyEnv: "FALLTHROUGH_TEST_KEY" });

  const error = await failureOf(provider.stream(request));

  expect(error).toMatchObject({ code: "auth", scope: "key", status: 401 });
  expect(JSON.stringify(error) + String(error)).not.toContain(KEY);
  await provider.close?.();
});

test("a key does not follow a redirect", async () => {
  const other = await serve(ANSWER);
  const location = `${other.origin}/v1/chat/completions`;
  server = await serve(httpJson({}, 307, { location }));
  const provider = providerFor(server, { apiKey: KEY });

  await expect(chat(provider, request).text()).rejects.toMatchObject({ code: "blocked", status: 307 });
  expect(other.connections).toBe(0);
  await provider.close?.();
  await other.close();
});
