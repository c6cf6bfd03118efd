import type { ChatProvider, ProviderSettings } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { createRegistry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import { describeLimits } from "../src/limits.ts";

function provider(id: string, settings: ProviderSettings): ChatProvider {
  const declared = { specificationVersion: 1, id, name: id, models: [{ id: "m" }] };
  const fallthrough = { ...declared, status: { state: "active", checked: "2026-01-01" } };
  return {
    ...providerCard({ fallthrough }, settings),
    async *stream() {
      yield { type: "text-delta", delta: "hi" };
      yield { type: "finish", finishReason: "stop" };
    },
  };
}

test("what is left is told with its source, and nothing where no limit is known", async () => {
  const registry = createRegistry({
    providers: [provider("free", {}), provider("limited", { limits: { requests: { minute: 30 } } })],
  });
  await registry.chat({ model: "limited/m", messages: [{ role: "user", content: "hi" }] }).text();

  expect(await describeLimits(registry, "limited/m")).toBe(
    "29 of 30 requests left this minute (declared by the preset)",
  );
  expect(await describeLimits(registry, "free/m")).toBe("");
});

test("of several keys each is told apart", async () => {
  const settings = { limits: { requests: { minute: 30 } }, apiKey: ["one-secret", "another-secret"] };
  const registry = createRegistry({ providers: [provider("limited", settings)] });
  await registry.chat({ model: "limited/m", messages: [{ role: "user", content: "hi" }] }).text();

  expect(await describeLimits(registry, "limited/m")).toBe(
    "key 1: 29 of 30 requests left this minute (declared by the preset), key 2: 30 of 30 requests left this minute (declared by the preset)",
  );
});
