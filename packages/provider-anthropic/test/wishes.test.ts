import type { JsonObject } from "@fallthrough/core";
import { expect, test } from "vitest";
import { CONCESSIONS } from "../src/wishes.ts";

/** The body that the concession to this field makes of another. */
function conceded(place: number, body: JsonObject): JsonObject | undefined {
  return CONCESSIONS[place]?.apply(body);
}

const adaptive = { thinking: { type: "adaptive" }, output_config: { effort: "medium" }, max_tokens: 32_000 };
const loop = (first: object): JsonObject => ({
  messages: [
    { role: "user", content: [] },
    { role: "assistant", content: [first as JsonObject, { type: "tool_use" }] },
    { role: "user", content: [{ type: "tool_result" }] },
  ],
});

test("a model that takes no effort gets a number of tokens, below the limit of its answer", () => {
  expect(conceded(0, adaptive)).toEqual({
    thinking: { type: "enabled", budget_tokens: 8192 },
    max_tokens: 32_000,
    messages: undefined,
  });
  expect(conceded(0, { ...adaptive, max_tokens: 2000 })).toMatchObject({ thinking: { budget_tokens: 1999 } });
  expect(conceded(0, { ...adaptive, max_tokens: 500 })).not.toHaveProperty("thinking");
  expect(conceded(0, { ...adaptive, output_config: { effort: "low", format: {} } })).toMatchObject({
    output_config: { format: {} },
  });
});

test("such a model thinks in a loop of tools only where it began to", () => {
  expect(conceded(0, { ...adaptive, ...loop({ type: "tool_use" }) })).not.toHaveProperty("thinking");
  expect(conceded(0, { ...adaptive, ...loop({ type: "redacted_thinking" }) })).toHaveProperty("thinking");
});

test("each step gives up less than the next", () => {
  expect(conceded(1, adaptive)).toBeUndefined();
  expect(conceded(0, { thinking: { type: "enabled" } })).toBeUndefined();
  expect(conceded(1, { thinking: { type: "enabled" }, max_tokens: 1 })).toEqual({ max_tokens: 1 });
});

test("a limit that is too high becomes the lowest that there is", () => {
  const limit = CONCESSIONS.find(({ field }) => field === "max_tokens");

  expect(limit?.apply({ max_tokens: 8192 })).toEqual({ max_tokens: 4096 });
  expect(limit?.apply({ max_tokens: 4096 })).toBeUndefined();
});

test("a strict tool may become a loose one", () => {
  const strict = CONCESSIONS.find(({ field }) => field === "strict");

  expect(strict?.apply({ tools: [{ name: "a", strict: true }, { name: "b" }] })).toEqual({
    tools: [{ name: "a" }, { name: "b" }],
  });
  expect(strict?.apply({ tools: [{ name: "b" }] })).toBeUndefined();
});
