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
  const registry = createRegistry({ providers: [one, two] });

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
