import { ChatError, type ChatReply } from "@fallthrough/core";
import { expect, expectTypeOf, test } from "vitest";
import { createRegistry, type Registry } from "../../src/index.ts";
import { answer, fakeProvider, QUESTION } from "../fake-provider.ts";

const BLOCKED = new ChatError("blocked", "a captcha came");

function setUp() {
  const first = fakeProvider("first", [[BLOCKED]], { models: [{ id: "small", contextWindow: 4_000 }] });
  const second = fakeProvider("second", [answer("here")], {
    models: [{ id: "small-2", aliases: ["small"] }, { id: "large" }],
  });
  const gone = fakeProvider("gone", [answer("from the grave")], {
    status: { state: "retired", checked: "2024-01-30" },
  });
  const registry = createRegistry({
    providers: [first, gone, second],
    aliases: { quick: "small", best: ["second/large", "quick"] },
  });
  return { first, second, gone, registry };
}

test("a name is asked through the chain that it stands for, each with its own model", async () => {
  const { registry, first, second } = setUp();

  const { text, route } = await registry.chat({ ...QUESTION, model: "quick" }).result();

  expect(text).toBe("here");
  expect(route).toMatchObject({
    provider: "second",
    model: "small-2",
    attempts: [{ model: "small" }, { model: "small-2" }],
  });
  expect([first, second].map(({ requests }) => requests[0]?.model)).toEqual(["small", "small-2"]);
});

test("an omitted model asks everybody in order, and the route shows who is retired", async () => {
  const { registry } = setUp();

  const { route } = await registry.chat(QUESTION).result();

  expect(route.attempts.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
    "first failed",
    "gone skipped",
    "second answered",
  ]);
});

test("a retired provider answers who asks for it by name", async () => {
  const { registry } = setUp();

  expect(await registry.chat({ ...QUESTION, model: "gone" }).text()).toBe("from the grave");
});

test("an unknown name fails where the reply is consumed, and nobody was asked", async () => {
  const { registry } = setUp();

  const reply = registry.chat({ ...QUESTION, model: "lage" });

  await expect(reply.text()).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining('"large"'),
  });
  expect(reply.route.attempts).toEqual([]);
});

test("health is shared by all calls of a registry", async () => {
  const { registry, first } = setUp();

  await registry.chat(QUESTION).text();
  await registry.chat({ ...QUESTION, model: "small" }).text();

  expect(first.requests).toHaveLength(1);
});

test("models, providers and aliases are told from the cards", () => {
  const { registry, first, second, gone } = setUp();

  expect(registry.models()).toEqual([
    { reference: "first/small", provider: "first", model: { id: "small", contextWindow: 4_000 } },
    { reference: "gone/gone-model", provider: "gone", model: { id: "gone-model" } },
    { reference: "second/small-2", provider: "second", model: { id: "small-2", aliases: ["small"] } },
    { reference: "second/large", provider: "second", model: { id: "large" } },
  ]);
  expect(registry.providers()).toEqual([first, gone, second]);
  expect(registry.aliases()).toEqual({ quick: ["small"], best: ["second/large", "quick"] });
});

test("a name resolves to its candidates, and auto to those that are not retired", () => {
  const { registry, first, second, gone } = setUp();

  expect(registry.resolve("small")).toEqual([
    { provider: first, model: "small", explicit: false },
    { provider: second, model: "small-2", explicit: false },
  ]);
  expect(registry.resolve().map(({ provider }) => provider)).toEqual([first, second]);
  expect(registry.resolve("gone")).toEqual([{ provider: gone, model: "gone-model", explicit: true }]);
});

test("two providers of one id are a mistake that names both", () => {
  const twice = () =>
    createRegistry({
      providers: [fakeProvider("one", [], { name: "Uno" }), fakeProvider("one", [], { name: "Eins" })],
    });

  expect(twice).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringMatching(/"Uno" and "Eins".+"one"/) }),
  );
});

test("closing a registry closes its providers", async () => {
  let closed = 0;
  const provider = { ...fakeProvider("one", []), close: async () => void closed++ };

  await createRegistry({ providers: [provider] }).close();

  expect(closed).toBe(1);
});

test("the timeouts of a registry are below those of the request", async () => {
  const registry = createRegistry({
    providers: [fakeProvider("silent", [["silence"]])],
    timeouts: { firstChunkMs: 20 },
  });

  await expect(registry.chat(QUESTION).text()).rejects.toMatchObject({ code: "timeout" });
  await expect(registry.chat({ ...QUESTION, timeouts: { commitMs: 10 } }).text()).rejects.toMatchObject({
    code: "deadline",
  });
});

test("aliases are known to the type, other references stay possible", () => {
  const registry = createRegistry({ providers: [], aliases: { fast: "a/b", best: ["fast"] } });

  expectTypeOf(registry).toEqualTypeOf<Registry<"fast" | "best">>();
  expectTypeOf(registry.aliases()).toEqualTypeOf<Readonly<Record<"fast" | "best", readonly string[]>>>();
  expectTypeOf(registry.resolve).toBeCallableWith("fast");
  expectTypeOf(registry.resolve).toBeCallableWith("provider/model");
  expectTypeOf(registry.chat).returns.toEqualTypeOf<ChatReply>();
  expectTypeOf(registry).toExtend<Registry>();
  expectTypeOf(createRegistry({ providers: [] })).toEqualTypeOf<Registry>();
});
