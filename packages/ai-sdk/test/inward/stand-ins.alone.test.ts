import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import type { ChatMessage, ChatRequest } from "@fallthrough/core";
import { createRegistry, type Registry } from "@fallthrough/registry";
import { type Services, startServices, startUpstreams, type Upstreams } from "@fallthrough/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { fromAISDK } from "../../src/index.ts";
import { reasonOf, until } from "../case.ts";

const QUESTION: ChatMessage = { role: "user", content: "What is new?" };
const LOOK = { name: "look", parameters: { type: "object", properties: { question: { type: "string" } } } };

let upstreams: Upstreams;
let services: Services;
beforeAll(async () => {
  [upstreams, services] = await Promise.all([startUpstreams(), startServices()]);
});
afterEach(() => {
  for (const upstream of [upstreams.openai, services.anthropic, services.gemini, services.openai])
    upstream.behave("ok");
});
afterAll(() => Promise.all([upstreams.close(), services.close()]));

const openai = () => createOpenAI({ baseURL: upstreams.openai.baseURL, apiKey: "any" }).chat("llama3.2");
/** Speaks Responses, the protocol that the package takes where nobody says which. */
const responses = () => createOpenAI({ baseURL: services.openai.baseURL, apiKey: "any" })("gpt-5-mini");
const anthropic = () =>
  createAnthropic({ baseURL: `${services.anthropic.baseURL}/v1`, apiKey: "any" })("claude-haiku-4-5");
const google = () =>
  createGoogleGenerativeAI({ baseURL: `${services.gemini.baseURL}/v1beta`, apiKey: "any" })("gemini-3-flash");

/** What makes the models of these vendors think aloud. */
const THINKING: ChatRequest["providerOptions"] = {
  anthropic: { thinking: { type: "enabled", budgetTokens: 1024 } },
  google: { thinkingConfig: { includeThoughts: true } },
  openai: { store: false, reasoningEffort: "low", include: ["reasoning.encrypted_content"] },
};

test("two vendors of the AI SDK are one chain", async () => {
  services.anthropic.behave("server-error");
  const claude = anthropic();
  const gemini = google();
  // #region use
  const registry = createRegistry({
    providers: [fromAISDK(claude), fromAISDK(gemini, { id: "gemini" })],
    aliases: { smart: ["anthropic", "gemini"] },
  });
  const reply = registry.chat({ model: "smart", messages: [{ role: "user", content: "What is new?" }] });
  // #endregion

  expect(await reply.text()).toBe(services.answerTo("What is new?"));
  expect(reply.route).toMatchObject({
    provider: "gemini",
    attempts: [{ outcome: "failed", status: 529 }, { outcome: "answered" }],
  });
});

test.each([
  ["openai", openai, () => upstreams.answerTo("What is new?"), "llama3.2"],
  ["anthropic", anthropic, () => services.answerTo("What is new?"), "claude-haiku-4-5"],
  ["google", google, () => services.answerTo("What is new?"), "gemini-3-flash"],
] as const)("@ai-sdk/%s answers in a chain", async (id, create, expected, model) => {
  const registry = createRegistry({ providers: [fromAISDK(create())] });

  const result = await registry.chat({ model: `${id}/${model}`, messages: [QUESTION] }).result();

  expect(result.text).toBe(expected());
  expect(result).toMatchObject({
    finishReason: "stop",
    route: { provider: id, attempts: [{ outcome: "answered" }] },
  });
  expect(result.usage?.totalTokens).toBe(18);
  expect(result.response?.headers).toHaveProperty("content-type");
});

test.each([
  ["anthropic", anthropic],
  ["google", google],
  ["openai", responses],
] as const)(
  "a thinking model of @ai-sdk/%s gets its signatures back in a loop of tools",
  async (id, create) => {
    const registry = createRegistry({ providers: [fromAISDK(create())] });

    const { result, messages } = await loop(registry, id);

    expect(messages[1]).toMatchObject({ role: "assistant", toolCalls: [{ name: "look" }] });
    expect(messages[1]).toHaveProperty("reasoning");
    expect(JSON.stringify(messages[1])).toMatch(/signature|encrypted/i);
    expect(result.text).toBe(services.answerTo("What is new?"));
  },
);

/** Asks until the model calls no tool any more. */
async function loop(registry: Registry, id: string) {
  const messages: ChatMessage[] = [QUESTION];
  for (;;) {
    const providerOptions = { [id]: THINKING?.[id] ?? {} };
    const request = { messages, tools: [LOOK], providerOptions, maxOutputTokens: 2000 };
    const result = await registry.chat(request).result();
    if (result.toolCalls.length === 0) return { result, messages };
    messages.push(result.message);
    for (const { id: toolCallId } of result.toolCalls)
      messages.push({ role: "tool", toolCallId, content: "seen" });
  }
}

test.each([
  ["rate-limit", { code: "rate-limit", scope: "model", status: 429 }],
  ["server-error", { code: "server", status: 500 }],
  ["empty", { code: "empty" }],
] as const)("a server that is %s is asked once, and the chain moves on", async (behaviour, expected) => {
  const before = upstreams.openai.requests.length;
  upstreams.openai.behave(behaviour);
  const registry = createRegistry({ providers: [fromAISDK(openai()), fromAISDK(google())] });

  const { text, route } = await registry.chat({ messages: [QUESTION] }).result();

  expect(text).toBe(services.answerTo("What is new?"));
  expect(route.attempts[0]).toMatchObject({ provider: "openai", outcome: "failed", code: expected.code });
  expect(upstreams.openai.requests.length - before).toBe(1);

  const alone = createRegistry({ providers: [fromAISDK(openai())] });
  expect(await reasonOf(alone.chat({ messages: [QUESTION] }).text())).toMatchObject({
    errors: expect.arrayContaining([expect.objectContaining(expected)]),
  });
});

test("a limit says when to come back, as the server told", async () => {
  upstreams.openai.behave("rate-limit");
  const registry = createRegistry({ providers: [fromAISDK(openai())] });

  const failure = (await reasonOf(registry.chat({ messages: [QUESTION] }).text())) as { errors: unknown[] };

  expect(failure.errors).toMatchObject([{ code: "rate-limit", retryAfterMs: expect.any(Number) }]);
});

test("a connection that is cut in the middle leaves an answer without its end", async () => {
  upstreams.openai.behave("cut");
  const registry = createRegistry({ providers: [fromAISDK(openai())] });

  expect(await reasonOf(registry.chat({ messages: [QUESTION] }).text())).toMatchObject({
    code: "interrupted",
    phase: "committed",
    partial: { text: expect.stringMatching(/./) },
  });
});

test("a server that is silent is left when its time is over, and when the caller aborts", async () => {
  upstreams.openai.behave("silent");
  const registry = createRegistry({ providers: [fromAISDK(openai())] });
  const failure = await reasonOf(
    registry.chat({ messages: [QUESTION], timeouts: { firstChunkMs: 40, commitMs: 400 } }).text(),
  );
  expect(failure).toMatchObject({ errors: [{ code: "timeout" }] });

  const before = upstreams.openai.requests.length;
  const controller = new AbortController();
  const asked = createRegistry({ providers: [fromAISDK(openai())] }).chat({
    messages: [QUESTION],
    signal: controller.signal,
  });
  const reason = reasonOf(asked.text());
  await until(() => upstreams.openai.requests.length > before);
  controller.abort(new Error("mine"));

  expect(await reason).toMatchObject({ message: "mine" });
  await until(() => upstreams.openai.requests.at(-1)?.aborted === true);
});

test("a server that does not run is a network failure", async () => {
  const model = createOpenAI({ baseURL: "http://127.0.0.1:9/v1", apiKey: "any" }).chat("m");
  const registry = createRegistry({ providers: [fromAISDK(model, { id: "nobody" }), fromAISDK(google())] });

  const { route } = await registry.chat({ messages: [QUESTION] }).result();

  expect(route.attempts[0]).toMatchObject({ provider: "nobody", code: "network" });
});

test("a key that is missing speaks of the key, and a model that is unknown of the model", async () => {
  const keyless = createGoogleGenerativeAI({ baseURL: `${services.gemini.baseURL}/v1beta` })(
    "gemini-3-flash",
  );
  const unknown = createAnthropic({ baseURL: `${services.anthropic.baseURL}/v1`, apiKey: "any" })(
    "claude-none",
  );

  for (const [model, expected] of [
    [keyless, { code: "auth", scope: "key" }],
    [unknown, { code: "not-found", scope: "model", status: 404 }],
  ] as const) {
    const registry = createRegistry({ providers: [fromAISDK(model)] });
    expect(await reasonOf(registry.chat({ messages: [QUESTION] }).text())).toMatchObject({
      errors: [expected],
    });
  }
});
