import { ChatError, type ChatRequest, chat } from "@fallthrough/core";
import { startFaultServer } from "@fallthrough/testkit";
import { afterEach, expect, test, vi } from "vitest";
import { createOpenAI, type OpenAISettings } from "../src/index.ts";
import { failureOf } from "./failure-of.ts";
import { providerFor, serve, streamOf } from "./serve.ts";

const request: ChatRequest = {
  model: "m",
  messages: [{ role: "user", content: "Hello" }],
  maxOutputTokens: 9,
};
const ANSWER = streamOf({ choices: [{ delta: { content: "Hi" }, finish_reason: "stop" }] });

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["a model", request],
  ["no model", { messages: request.messages }],
])("asked for %s without a key, nothing is sent and the variable is named", async (_, asked) => {
  vi.stubEnv("OPENAI_API_KEY", undefined);

  const error = await failureOf(chat(createOpenAI(), asked));

  expect(error).toMatchObject({ code: "config", phase: "connect" });
  expect(String(error)).toContain("OPENAI_API_KEY");
});

test("the key of OpenAI is not sent to another server, nor is its name of the limit", async () => {
  vi.stubEnv("OPENAI_API_KEY", "sk-of-openai-alone");
  const server = await serve(ANSWER);
  const provider = providerFor(server);

  await chat(provider, request).text();

  expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
  expect(JSON.parse(server.requests[0]?.body ?? "")).toMatchObject({ max_tokens: 9 });
  await provider.close?.();
  await server.close();
});

test("OpenAI itself gets its key and its newer name of the limit", async () => {
  vi.stubEnv("OPENAI_API_KEY", "sk-of-openai-alone");
  const sent: { readonly [name: string]: unknown }[] = [];
  const dispatcher = {
    dispatch(options: { readonly [name: string]: unknown }): never {
      sent.push(options);
      throw new Error("the test has no network");
    },
  };

  const error = await failureOf(chat(createOpenAI({ dispatcher: dispatcher as never }), request));

  expect(error).toMatchObject({ code: "network", origin: "https://api.openai.com" });
  expect(sent).toMatchObject([
    {
      origin: "https://api.openai.com",
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-of-openai-alone" },
    },
  ]);
  expect(JSON.parse(String(sent[0]?.["body"]))).toMatchObject({ max_completion_tokens: 9 });
});

test("an instance whose server is down fails in milliseconds", async () => {
  const server = await startFaultServer([[]]);
  const { origin } = server;
  await server.close();
  const ollama = createOpenAI({ id: "ollama", baseURL: `${origin}/v1`, proxy: false });
  // undici is loaded with the first call
  await failureOf(chat(ollama, request));

  const start = performance.now();
  const error = await failureOf(chat(ollama, request));

  expect(performance.now() - start).toBeLessThan(100);
  expect(error).toBeInstanceOf(ChatError);
  expect(error).toMatchObject({ code: "network", provider: "ollama", phase: "connect" });
});

test.each([
  ["o3-pro", "/v1/responses"],
  ["gpt-5.2-pro-2025-12-11", "/v1/responses"],
  ["gpt-5-codex", "/v1/responses"],
  ["codex-mini-latest", "/v1/responses"],
  ["o4-mini-deep-research", "/v1/responses"],
  ["computer-use-preview", "/v1/responses"],
  ["gpt-4o-mini", "/v1/chat/completions"],
  ["gpt-5.2", "/v1/chat/completions"],
])("OpenAI itself is asked for %s at %s", async (model, path) => {
  for (const settings of [{}, { baseURL: "https://api.openai.com/v1" }]) {
    expect(await pathOf({ apiKey: "k", ...settings }, model)).toBe(path);
  }
});

test("the setting `api` holds for every model, and another server is asked for chat completions", async () => {
  expect(await pathOf({ apiKey: "k", api: "responses" }, "gpt-4o-mini")).toBe("/v1/responses");
  expect(await pathOf({ apiKey: "k", api: "chat-completions" }, "o3-pro")).toBe("/v1/chat/completions");
  expect(await pathOf({ baseURL: "http://127.0.0.1:9/v1" }, "o3-pro")).toBe("/v1/chat/completions");
  expect(() => createOpenAI({ api: "assistants" as never })).toThrow(
    expect.objectContaining({
      code: "config",
      message: expect.stringContaining("chat-completions or responses"),
    }),
  );
});

async function pathOf(settings: OpenAISettings, model: string): Promise<unknown> {
  const paths: unknown[] = [];
  const dispatcher = {
    dispatch({ path }: { readonly path: string }): never {
      paths.push(path);
      throw new Error("the test has no network");
    },
  };
  await failureOf(
    chat(createOpenAI({ ...settings, dispatcher: dispatcher as never }), { ...request, model }),
  );
  return paths[0];
}
