import { ChatError, type ChatProvider } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createChain, createMemoryHealth, createRegistry } from "../../src/index.ts";
import { answer, content, fakeProvider, QUESTION } from "../fake-provider.ts";

const CLOSED = { code: "config", message: expect.stringContaining("the registry was closed") };

test.each([
  ["before its first content", ["silence" as const]],
  ["after its first content", [...content("half "), "silence" as const]],
])("closing ends a call %s and says so", async (_, turn) => {
  const registry = createRegistry({
    providers: [fakeProvider("one", [turn]), fakeProvider("two", [answer("no")])],
  });
  const reply = registry.chat(QUESTION);
  const failure = reply.text().catch((error: unknown) => error);
  await new Promise(setImmediate);

  await registry.close();

  expect(await failure).toMatchObject(CLOSED);
});

test("a call after the close is refused, and nobody is asked", async () => {
  const one = fakeProvider("one", [answer("here")]);
  const registry = createRegistry({ providers: [one] });
  await registry.close();

  await expect(registry.chat(QUESTION).text()).rejects.toMatchObject(CLOSED);
  expect(one.requests).toEqual([]);
});

test("registry and chain are closed at the end of their scope, with their providers", async () => {
  let closed = 0;
  const provider = (): ChatProvider => ({ ...fakeProvider("one", []), close: async () => void closed++ });
  {
    await using _registry = createRegistry({ providers: [provider()] });
    await using _chain = createChain([provider()]);
    expect(closed).toBe(0);
  }

  expect(closed).toBe(2);
});

test("what is remembered of one provider is forgotten on demand", async () => {
  const refused = new ChatError("auth", "the key is wrong");
  const one = fakeProvider("one", [[refused], answer("here")]);
  const registry = createRegistry({ providers: [one, fakeProvider("two", [[refused]])] });
  await registry
    .chat(QUESTION)
    .text()
    .catch(() => {});

  await registry.resetHealth("two");
  expect((await registry.explain()).map((step) => step.type === "candidate" && step.state)).toEqual([
    false,
    "refused",
    "well",
  ]);
  await registry
    .chat({ ...QUESTION, model: "two" })
    .text()
    .catch(() => {});
  await registry.resetHealth("one");

  const states = (await registry.explain()).map((step) => step.type === "candidate" && step.state);
  expect(states.slice(1)).toEqual(["well", "refused"]);
  expect(await registry.chat(QUESTION).text()).toBe("here");
  await registry.resetHealth();
  expect((await registry.explain()).at(-1)).toMatchObject({ state: "well" });
});

test("an unknown provider, and a store that cannot forget, are told", async () => {
  const { reset: _, ...health } = createMemoryHealth();

  await expect(createRegistry({ providers: [] }).resetHealth("nobody")).rejects.toMatchObject({
    code: "config",
    message: 'provider "nobody" is unknown, expected one of the registry\'s',
  });
  await expect(createRegistry({ providers: [], health }).resetHealth()).rejects.toMatchObject({
    code: "config",
    message: "the health store cannot forget, expected one with `reset()`",
  });
});
