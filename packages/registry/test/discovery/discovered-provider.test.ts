import { chat } from "@fallthrough/core";
import { beforeEach, expect, test } from "vitest";
import { discoverProviders } from "../../src/discovery/discover-providers.ts";
import type { DiscoveredProvider } from "../../src/discovery/discovered-provider.ts";
import { createRegistry } from "../../src/index.ts";
import { imports, installed, manifest, writeFiles } from "../application.ts";
import { QUESTION } from "../fake-provider.ts";

beforeEach(() => {
  Reflect.deleteProperty(globalThis, "imports");
});

async function discover(code?: string): Promise<readonly DiscoveredProvider[]> {
  const root = writeFiles({
    "package.json": manifest("provider-a", "provider-b"),
    ...installed("a", {}, code),
    ...installed("b"),
  });
  return (await discoverProviders({ from: root })).providers;
}

test("listing, resolving and explaining run no code of a package, and the first call imports it once", async () => {
  const providers = await discover();
  const registry = createRegistry({ providers, aliases: { fast: "a-model" } });
  registry.models();
  registry.providers();
  registry.resolve("fast");
  await registry.explain("fast");
  await createRegistry({ providers }).close();
  expect(imports()).toEqual([]);

  await Promise.all([registry.chat({ ...QUESTION, model: "fast" }).text(), registry.chat(QUESTION).text()]);

  expect(imports()).toEqual(["a"]);
});

test.each([
  ["throws when it is imported", "throw new Error('boom')", "boom"],
  ["is not JavaScript", "export {", "imported"],
  ["lacks its factory", "export const createOther = 1", '"createIt"'],
  ["has a factory that throws", "export function createIt() { throw new Error('boom') }", "boom"],
  ["has a factory that gives nothing", "export function createIt() {}", 'expected "a"'],
  [
    "creates a provider of another id",
    "export const createIt = () => ({ id: 'other' })",
    '"other", expected "a"',
  ],
])("a package that %s fails when it is used, and the next provider answers", async (_, code, message) => {
  const providers = await discover(code);

  const { text, route } = await createRegistry({ providers }).chat(QUESTION).result();

  expect(text).toBe('"no settings"');
  expect(route.attempts).toMatchObject([
    { provider: "a", outcome: "failed", code: "contract" },
    { provider: "b", outcome: "answered" },
  ]);
  await expect(providers[0]?.load()).rejects.toMatchObject({
    code: "contract",
    message: expect.stringContaining('package "provider-a"'),
  });
  await expect(providers[0]?.load()).rejects.toThrow(message);
});

test("a setting that the factory refuses is reported as it is", async () => {
  const code = `
    import { ChatError } from ${JSON.stringify(import.meta.resolve("@fallthrough/core"))};
    export function createIt() { throw new ChatError("config", "setting \`key\` is missing"); }
  `;

  const [provider] = await discover(code);

  await expect(provider?.load()).rejects.toMatchObject({
    code: "config",
    message: "setting `key` is missing",
  });
});

test("closing reaches the provider only where it was loaded", async () => {
  const [first, second] = (await discover()) as [DiscoveredProvider, DiscoveredProvider];
  await first.load();

  await first.close?.();
  await second.close?.();

  expect(imports()).toEqual(["a", "closed"]);
});

test("a provider that cannot ask its server tells the models that it was made with", async () => {
  const [provider] = await discover();

  expect(await provider?.listModels?.()).toEqual([{ id: "it" }]);
});

test("leaving the stream before the package is there asks nothing of it", async () => {
  const [provider] = (await discover()) as [DiscoveredProvider];
  const parts = provider.stream(QUESTION)[Symbol.asyncIterator]();
  const next = parts.next();

  await parts.return?.();

  expect(await next).toEqual({ done: true, value: undefined });
});

test("a discovered provider is one to ask by itself", async () => {
  const [provider] = (await discover()) as [DiscoveredProvider];

  expect(await chat(provider, QUESTION).text()).toBe('"no settings"');
});
