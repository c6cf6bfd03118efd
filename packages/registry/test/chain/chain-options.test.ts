import { describe, expect, it } from "vitest";
import { createChain } from "../../src/chain/chain.ts";
import { createMemoryHealth } from "../../src/health/memory-health.ts";
import { createRegistry } from "../../src/names/registry.ts";
import { answer, fakeProvider } from "../fake-provider.ts";

const provider = fakeProvider("one", [answer("hello")]);
const createOne = () => provider;

describe("createChain", () => {
  it.each([
    [[[]], "the list of candidates is empty, expected at least one provider"],
    [[undefined], "the list of candidates is missing, expected a list"],
    [[provider], "the list of candidates is an object, expected a list"],
    [[[provider, null]], "candidate `[1]` is null, expected a provider"],
    [[[createOne]], "candidate `[0]` is the factory `createOne`, expected a provider: call it, `create…()`"],
    [[[{ provider: createOne }]], "candidate `[0].provider` is the factory `createOne`, expected a provider"],
    [[[{ provider, modell: "m" }]], "candidate `[0].modell` is unknown, expected `model`"],
    [
      [[provider], { timeouts: { firstChunk: 1 } }],
      "option `timeouts.firstChunk` is unknown, expected `firstChunkMs`",
    ],
    [
      [[provider], { timeouts: { commitMs: "30s" } }],
      "option `timeouts.commitMs` is a text, expected milliseconds",
    ],
    [[[provider], { polcy: {} }], "option `polcy` is unknown, expected `policy`"],
    [[[provider], { policy: { servr: {} } }], "option `policy.servr` is unknown, expected `server`"],
    [
      [[provider], { policy: { server: { again: "twice" } } }],
      'option `policy.server.again` is "twice", expected never, once or unopened',
    ],
    [[[provider], { policy: { server: { factor: 0 } } }], "option `policy.server.factor` is the number 0"],
    [[[provider], { health: {} }], "option `health` is an object without `peek()`, expected a health store"],
    [[[provider], { onAttempt: true }], "option `onAttempt` is true, expected a function"],
    [[[provider], "name"], "the options of createChain() is a text, expected an object"],
  ])("refuses %#, and says what would be right", (given, message) => {
    const create = createChain as (...values: readonly unknown[]) => unknown;

    expect(() => create(...given)).toThrow(expect.objectContaining({ code: "config" }));
    expect(() => create(...given)).toThrow(message);
  });
});

describe("createRegistry", () => {
  it.each([
    [undefined, "the options of createRegistry() is missing, expected an object"],
    [[provider], "the options of createRegistry() is a list, expected an object"],
    [{}, "option `providers` is missing, expected a list"],
    [{ providers: provider }, "option `providers` is an object, expected a list"],
    [
      { providers: [createOne] },
      "option `providers[0]` is the factory `createOne`, expected a provider: call it",
    ],
    [{ providers: [provider], alias: {} }, "option `alias` is unknown, expected `aliases`"],
    [
      { providers: [provider], aliases: { fast: 1 } },
      "option `aliases.fast` is the number 1, expected a reference",
    ],
    [
      { providers: [provider], aliases: { fast: [null] } },
      "option `aliases.fast[0]` is null, expected a text",
    ],
    [{ providers: [provider], id: "x" }, "option `id` is unknown"],
    [
      { providers: [provider], problems: ["none"] },
      "option `problems[0]` is a text, expected what discoverProviders()",
    ],
    [
      { providers: [provider], reasoningOnly: "yes" },
      "option `reasoningOnly` is a text, expected true or false",
    ],
  ])("refuses %#, and says what would be right", (given, message) => {
    const create = createRegistry as (options: unknown) => unknown;

    expect(() => create(given)).toThrow(expect.objectContaining({ code: "config" }));
    expect(() => create(given)).toThrow(message);
  });

  it("takes a store whose methods need the object that they stand on", async () => {
    class Store {
      private readonly inner = createMemoryHealth();
      peek(...all: Parameters<typeof this.inner.peek>) {
        return this.inner.peek(...all);
      }
      admit(...all: Parameters<typeof this.inner.admit>) {
        return this.inner.admit(...all);
      }
      succeed(...all: Parameters<typeof this.inner.succeed>) {
        return this.inner.succeed(...all);
      }
      fail(...all: Parameters<typeof this.inner.fail>) {
        return this.inner.fail(...all);
      }
      release(...all: Parameters<typeof this.inner.release>) {
        return this.inner.release(...all);
      }
    }
    const registry = createRegistry({ providers: [provider], health: new Store() });

    await expect(registry.chat({ messages: [{ role: "user", content: "Hello" }] }).text()).resolves.toBe(
      "hello",
    );
  });
});
