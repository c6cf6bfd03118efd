import { ChatError, type ChatProvider, type ChatRequest, chat, type StreamPart } from "@fallthrough/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { createChain, createMemoryHealth, createRegistry, type HealthStore } from "../src/index.ts";
import { answer, content, type FakeProvider, fakeProvider, QUESTION } from "./fake-provider.ts";

// Each test is a kind of fault that a user of another router has reported in public; the comment names the report.

const MINUTE = 60_000;
const HERE = answer("here");

const failing = (...args: ConstructorParameters<typeof ChatError>) => [new ChatError(...args)];
const SERVER = failing("server", "answered 500");

function healthAt(time: { now: number }): HealthStore {
  return createMemoryHealth({ now: () => time.now, random: () => 0.5 });
}

async function ask(providers: readonly ChatProvider[], health: HealthStore, request: ChatRequest = QUESTION) {
  const reply = chat(createChain(providers, { health }), request);
  const text = await reply.text().catch((error: unknown) => error);
  return { text, route: reply.route.attempts.map(({ provider, outcome }) => `${provider} ${outcome}`) };
}

function promptsOf(provider: FakeProvider): number {
  return provider.requests.length;
}

// BerriAI/litellm #15803
test("a provider that changes the request before it fails changes it for nobody else", async () => {
  const second = fakeProvider("second", [HERE]);
  const first: ChatProvider = {
    ...fakeProvider("first", []),
    // biome-ignore lint/correctness/useYield: it fails before it says anything
    async *stream(request): AsyncGenerator<StreamPart> {
      const own = request as { messages: unknown[]; temperature?: number };
      own.messages.push({ role: "user", content: "and something else" });
      own.temperature = 2;
      throw new ChatError("server", "answered 500");
    },
  };
  const request = { messages: [{ role: "user" as const, content: "What is it?" }] };

  await ask([first, second], createMemoryHealth(), request);

  expect(second.requests[0]?.messages).toEqual([{ role: "user", content: "What is it?" }]);
  expect(second.requests[0]).not.toHaveProperty("temperature");
  expect(request).toEqual({ messages: [{ role: "user", content: "What is it?" }] });
});

// BerriAI/litellm #40130
test("a second limit without a time does not erase the first one's, for a lone candidate either", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const stated = new ChatError("rate-limit", "answered 429", { retryAfterMs: 20_000 });
  let calls = 0;
  const only: ChatProvider = {
    ...fakeProvider("only", []),
    async *stream(): AsyncGenerator<StreamPart> {
      const first = calls++ === 0;
      // the second call was under way when the first one was refused
      await new Promise((resolve) => setTimeout(resolve, first ? 1 : 20));
      throw first ? stated : new ChatError("rate-limit", "answered 429");
    },
  };
  await Promise.all([ask([only], health), ask([only], health)]);
  time.now += 19_000;

  const { text, route } = await ask([only], health);

  expect(route).toEqual(["only skipped"]);
  expect(text).toMatchObject({ retryAt: expect.any(Date) });
  time.now += 1_000;
  await ask([only], health);
  expect(calls).toBe(3);
});

// lidge-jun/opencodex #3266
test("a budget that is nearly used up is not waited away, and the provider's own failure is told", async () => {
  const only = fakeProvider("only", [SERVER]);
  const chain = createChain([only], { timeouts: { commitMs: 1 } });

  const error = await chat(chain, QUESTION)
    .text()
    .catch((reason: unknown) => reason);

  expect(error).toMatchObject({
    errors: [{ code: "server", message: expect.stringContaining("answered 500") }],
  });
});

// BerriAI/litellm #40640, vllm-project/production-stack #707
test("the error of a call that everybody failed holds nothing of its prompt", async () => {
  const secret = "the colour of the seventh door";
  const request = { messages: [{ role: "user" as const, content: secret }] };
  const providers = ["first", "second"].map((id) =>
    fakeProvider(id, [failing("bad-request", `answered 400, saying "${secret}" is wrong`)]),
  );

  const { text } = await ask(providers, createMemoryHealth(), request);
  const error = text as Error & { readonly errors: readonly Error[] };

  expect(error.errors).toHaveLength(2);
  expect(JSON.stringify(error) + error.message + error.errors.map(String).join()).not.toContain(
    "seventh door",
  );
});

// dativo-io/talon #191
test("after a 503, a 400 and a 422 the fourth is asked", async () => {
  const providers = [
    fakeProvider("one", [failing("server", "answered 503", { status: 503 })]),
    fakeProvider("two", [failing("bad-request", "answered 400", { status: 400 })]),
    fakeProvider("three", [failing("bad-request", "answered 422", { status: 422 })]),
    fakeProvider("four", [HERE]),
  ];

  expect((await ask(providers, createMemoryHealth())).route).toEqual([
    "one failed",
    "two failed",
    "three failed",
    "four answered",
  ]);
});

// BerriAI/litellm #40405, #32574, #31499; looplj/axonhub #143; QuantumNous/new-api #6095, #2899; nodeshift/opossum #385,
// #388; maximhq/bifrost #5876, #6973; zeroclaw-labs/zeroclaw #911; NousResearch/hermes-agent #107836;
// gabrielkoerich/orch #3481, #2403; Portkey-AI/gateway #1797; vllm-project/production-stack #1072; apache/apisix #13495;
// azrtydxb/Fastllm-proxy #21: what follows is their kinds of fault, from here to the end of the file

test("a first choice that is dead is not asked each time", async () => {
  const health = createMemoryHealth();
  const first = fakeProvider("first", [SERVER]);

  for (let call = 0; call < 20; call++) await ask([first, fakeProvider("second", [HERE])], health);

  expect(promptsOf(first)).toBe(3);
});

test("the second failure after a cooldown cools down again", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const first = fakeProvider("first", [SERVER]);
  const call = () => ask([first, fakeProvider("second", [HERE])], health);
  for (let count = 0; count < 3; count++) await call();
  time.now += 10_000;

  for (let count = 0; count < 3; count++) await call();

  expect(promptsOf(first)).toBe(4);
});

test("a fallback is asked for its own model, and named in the route", async () => {
  const first = fakeProvider("first", [SERVER]);
  const second = fakeProvider("second", [HERE]);
  const registry = createRegistry({
    providers: [first, second],
    aliases: { fast: ["first/first-model", "second/second-model"] },
  });

  const { route } = await registry.chat({ ...QUESTION, model: "fast" }).result();

  expect(second.requests[0]?.model).toBe("second-model");
  expect(route).toMatchObject({ provider: "second", model: "second-model" });
});

test("one that another call parks in the middle of a walk is not asked by it", async () => {
  const health = createMemoryHealth();
  const second = fakeProvider("second", [HERE]);
  const first: ChatProvider = {
    ...fakeProvider("first", []),
    // biome-ignore lint/correctness/useYield: it fails before it says anything
    async *stream(): AsyncGenerator<StreamPart> {
      const permit = await health.admit({ provider: "second", model: "second-model" });
      if (!permit.admitted) throw new Error("nobody has parked it yet");
      const lengths = { cooldownMs: MINUTE, factor: 1, longestMs: MINUTE };
      health.fail(permit, { code: "auth", scope: "model", effect: "park", hard: true, ...lengths });
      throw new ChatError("server", "answered 500");
    },
  };

  const { route } = await ask([first, second, fakeProvider("third", [HERE])], health);

  expect(route).toEqual(["first failed", "second skipped", "third answered"]);
});

test("one provider under several names is skipped under all of them", async () => {
  const health = createMemoryHealth();
  const refused = fakeProvider("first", [failing("auth", "the key is refused")]);
  const candidates = ["a", "b", "c"].map((model) => ({ provider: refused, model }));
  const chain = () => createChain([...candidates, { provider: fakeProvider("second", [HERE]) }], { health });
  await chat(chain(), QUESTION).text();
  const asked = promptsOf(refused);

  await chat(chain(), QUESTION).text();

  expect(promptsOf(refused)).toBe(asked);
});

test("failures at the same time open one cooldown of the first length", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const first = fakeProvider("first", [SERVER]);
  const providers = [first, fakeProvider("second", [HERE])];

  await Promise.all(Array.from({ length: 40 }, () => ask(providers, health)));

  expect(await health.peek({ provider: "first", model: "first-model" })).toMatchObject({
    state: "cooling",
    remainingMs: 10_000,
  });
});

test("a probe whose caller is gone does not keep the door shut", async () => {
  const time = { now: 0 };
  const health = healthAt(time);
  const first = fakeProvider("first", [SERVER, SERVER, SERVER, ["silence"], HERE]);
  const providers = [first, fakeProvider("second", [HERE])];
  for (let count = 0; count < 3; count++) await ask(providers, health);
  time.now += 10_000;
  await ask(providers, health, { ...QUESTION, signal: AbortSignal.timeout(20) });

  const { route } = await ask(providers, health);

  expect(route).toEqual(["first answered"]);
});

test("twenty dead keys cost one prompt each, and the one that is well answers every call", async () => {
  const health = createMemoryHealth();
  const dead = Array.from({ length: 20 }, (_, index) =>
    fakeProvider(`dead-${index}`, [failing("auth", "the key is refused")]),
  );
  const providers = [...dead, fakeProvider("well", [HERE])];

  const texts = [];
  for (let call = 0; call < 5; call++) texts.push((await ask(providers, health)).text);

  expect(texts).toEqual(Array(5).fill("here"));
  expect(dead.map(promptsOf)).toEqual(Array(20).fill(1));
});

test("the usage of an attempt that failed is not the usage of the answer", async () => {
  const first = fakeProvider("first", [
    [{ type: "finish", finishReason: "stop", usage: { inputTokens: 900, outputTokens: 0 } }],
  ]);
  const usage = { inputTokens: 4, outputTokens: 1 };
  const second = fakeProvider("second", [
    [...content("here"), { type: "finish", finishReason: "stop", usage }],
  ]);

  const result = await chat(createChain([first, second]), QUESTION).result();

  expect(result.usage).toMatchObject(usage);
});

test("failures that lie apart, with answers between them, bench nobody", async () => {
  const health = createMemoryHealth();
  const first = fakeProvider("first", [SERVER, HERE, SERVER, HERE, SERVER, HERE, SERVER, HERE]);
  const providers = [first, fakeProvider("second", [HERE])];

  for (let call = 0; call < 8; call++) await ask(providers, health);

  expect(promptsOf(first)).toBe(8);
});

test("a pool that is parked as a whole says when to come back, at once", async () => {
  const health = createMemoryHealth();
  const stated = (ms: number) => failing("rate-limit", "answered 429", { retryAfterMs: ms });
  const providers = [fakeProvider("first", [stated(MINUTE)]), fakeProvider("second", [stated(MINUTE / 2)])];
  await ask(providers, health);
  const before = Date.now();

  const { text, route } = await ask(providers, health);

  expect(route).toEqual(["first skipped", "second skipped"]);
  const { retryAt } = text as { readonly retryAt: Date };
  expect(retryAt.getTime() - before).toBeGreaterThan(MINUTE / 2 - 5_000);
  expect(retryAt.getTime() - before).toBeLessThan(MINUTE / 2 + 5_000);
});

test("an answer that was cut is never told as whole, and never continued by another", async () => {
  const second = fakeProvider("second", [HERE]);

  const { text } = await ask([fakeProvider("first", [content("half")]), second], createMemoryHealth());

  expect(text).toMatchObject({ code: "interrupted", partial: { text: "half" } });
  expect(second.requests).toEqual([]);
});

test("the timeouts of the candidates do not add up beyond the time of the call", async () => {
  const providers = ["a", "b", "c", "d"].map((id) => fakeProvider(id, [["silence"]]));
  const chain = createChain(providers, { timeouts: { firstChunkMs: 400, commitMs: 500 } });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const failed = expect(chat(chain, QUESTION).text()).rejects.toThrow();

  await vi.advanceTimersByTimeAsync(500);

  await failed;
  expect(providers.map(({ open }) => open)).toEqual([0, 0, 0, 0]);
});
