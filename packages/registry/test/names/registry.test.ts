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
  expect(registry.resolve("gone-model")).toEqual([{ provider: gone, model: "gone-model", explicit: false }]);
});

test("an alias of auto resolves to those that are not retired, and to those that it names itself", () => {
  const { first, gone } = setUp();
  const registry = createRegistry({
    providers: [first, gone],
    aliases: { all: "auto", early: ["gone", "auto"] },
  });

  expect(registry.resolve("all").map(({ provider }) => provider)).toEqual([first]);
  expect(registry.resolve("early").map(({ provider }) => provider)).toEqual([gone, first]);
});

test("two packages of one id are named as packages", () => {
  const installed = (name: string) => ({ ...fakeProvider("one", []), source: { package: name } });

  expect(() => createRegistry({ providers: [installed("provider-a"), installed("provider-b")] })).toThrow(
    'providers "provider-a" and "provider-b" have the same id "one"',
  );
});

test("two providers of one id are a mistake that names both", () => {
  const twice = () =>
    createRegistry({
      providers: [fakeProvider("one", [], { name: "Uno" }), fakeProvider("one", [], { name: "Eins" })],
    });

  expect(twice).toThrow(
    expect.objectContaining({
      code: "config",
      message:
        'providers "Uno" and "Eins" have the same id "one", expected another in the setting `id` of one',
    }),
  );
});

test.each([
  ["without providers and servers", {}, "`providers` is missing"],
  ["with servers that are none", { servers: 1 }, "`servers`"],
  ["with an unknown option", { providers: [], provider: 1 }, "createRegistry() option `provider`"],
  ["with an id, which only a chain has", { providers: [], id: "mine" }, "`id`"],
  ["with a provider that is none", { providers: [{}] }, "`providers[0]`"],
  [
    "with an alias that is no text",
    { providers: [], aliases: { a: 1 } },
    "a reference or a list of references",
  ],
  ["with an alias of what is no text", { providers: [], aliases: { a: [1] } }, "`aliases.a[0]`"],
  [
    "with a problem that is none",
    { providers: [], problems: [{}] },
    "what discoverProviders() gives as `problems`",
  ],
  ["with a problem of text", { providers: [], problems: ["x"] }, "`problems[0]` is a text"],
  ["with a problem of null", { providers: [], problems: [null] }, "`problems[0]` is null"],
  [
    "with a problem without an error",
    { providers: [], problems: [{ error: "x" }] },
    "what discoverProviders() gives as `problems`",
  ],
])("a registry %s cannot be, and the error names the option", (_, options, message) => {
  expect(() => createRegistry(options as never)).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining(message) }),
  );
});

test("servers alone are enough for a registry", () => {
  expect(createRegistry({ servers: {} } as never).providers()).toEqual([]);
});

test.each([
  ["resolve()", (registry: Registry) => registry.resolve(1 as never), "the name"],
  ["explain() with another name", (registry: Registry) => registry.explain(1 as never), "the name"],
  [
    "explain() with needs that are none",
    (registry: Registry) => registry.explain("auto", [1] as never),
    "need",
  ],
  [
    "explain() with needs in no list",
    (registry: Registry) => registry.explain("auto", 1 as never),
    "the needs of explain()",
  ],
  ["resetHealth()", (registry: Registry) => registry.resetHealth(1 as never), "the name"],
  ["observe()", (registry: Registry) => registry.observe(1 as never), "the listener of observe()"],
])("%s names what it was given", async (_, call, message) => {
  const { registry } = setUp();

  await expect((async () => call(registry))()).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining(message),
  });
});

test("a listener that is given twice is told twice, and each is ended by itself", async () => {
  const { registry } = setUp();
  let told = 0;
  const listener = (): undefined => void told++;
  const [endFirst] = [registry.observe(listener), registry.observe(listener)];

  await registry.chat(QUESTION).text();
  endFirst();
  await registry.chat(QUESTION).text();

  expect(told).toBe(3);
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
