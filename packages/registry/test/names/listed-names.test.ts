import type { ChatProvider, ModelCard } from "@fallthrough/core";
import { expect, test, vi } from "vitest";
import { createRegistry } from "../../src/index.ts";
import { fakeProvider } from "../fake-provider.ts";

const messages = [{ role: "user" as const, content: "Hi" }];

/** A server of any models that lists these. */
function server(
  id: string,
  models: readonly ModelCard[],
): ChatProvider & { readonly listModels: ReturnType<typeof vi.fn> } {
  const provider = fakeProvider(id, [
    [
      { type: "text-delta", delta: id },
      { type: "finish", finishReason: "stop" },
    ],
  ]);
  return { ...provider, models: [], listModels: vi.fn(async () => [...models]) };
}

test("a plain name finds the server that has the model, and the servers are asked once", async () => {
  const one = server("one", [{ id: "qwen3" }]);
  const two = server("two", [{ id: "llama3.2" }]);
  const registry = createRegistry({ providers: [one, fakeProvider("card", []), two] });

  const { text, route } = await registry.chat({ model: "llama3.2", messages }).result();
  await registry.chat({ model: "llama3.2", messages }).result();

  expect(text).toBe("two");
  expect(route).toMatchObject({ provider: "two", model: "llama3.2" });
  expect(two.listModels).toHaveBeenCalledOnce();
});

test("a plain name that no server has is told with what would be asked", async () => {
  const registry = createRegistry({ providers: [server("one", [{ id: "qwen3" }])] });

  await expect(registry.chat({ model: "llama3.2", messages }).text()).rejects.toThrow('"one/llama3.2"');
});

test("no server is asked for names that are known without it", async () => {
  const one = server("one", []);
  const registry = createRegistry({ providers: [one, fakeProvider("two", [])], aliases: { fast: "one/x" } });

  await registry.explain("fast");
  await registry.explain("two-model");
  await registry.explain("one/any");
  await registry.explain();
  await expect(registry.explain("nobody/any")).rejects.toMatchObject({ code: "config" });
  await expect(registry.explain("x".repeat(257))).rejects.toMatchObject({ code: "bad-request" });

  expect(one.listModels).not.toHaveBeenCalled();
});

test("whoever leaves while the servers are asked is let go", async () => {
  const one = server("one", []);
  one.listModels.mockReturnValue(new Promise(() => {}));
  const registry = createRegistry({ providers: [one] });
  const controller = new AbortController();
  const reply = registry.chat({ model: "llama3.2", messages, signal: controller.signal });

  const text = reply.text();
  setImmediate(() => controller.abort(new Error("enough")));

  await expect(text).rejects.toThrow("enough");
});

test("explaining a plain name asks the servers, and so does listing the models", async () => {
  const one = server("one", [{ id: "qwen3" }]);
  const registry = createRegistry({ providers: [one] });

  expect((await registry.explain("qwen3")).at(-1)).toMatchObject({ name: "one/qwen3", outcome: "asked" });
  expect((await registry.listModels()).map(({ reference }) => reference)).toEqual(["one/qwen3"]);
  expect(one.listModels).toHaveBeenCalledOnce();
});

test("a name that was resolved before stands for the servers too that list it later", async () => {
  const card = fakeProvider("card", [], { models: [{ id: "qwen3" }] });
  const registry = createRegistry({ providers: [card, server("one", [{ id: "qwen3" }])] });
  const providersOf = () => registry.resolve("qwen3").map(({ provider }) => provider.id);
  expect(providersOf()).toEqual(["card"]);

  await registry.listModels();

  expect(providersOf()).toEqual(["card", "one"]);
});
