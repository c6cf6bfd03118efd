import { expect, test } from "vitest";
import { readUsage } from "../../src/provider.ts";

const FORM = {
  inputTokens: ["in", "cached"],
  outputTokens: ["out"],
  totalTokens: ["total"],
  cachedInputTokens: ["cached"],
  reasoningTokens: ["details.thoughts"],
};

test("counts at several paths are added, and a total that is not told is the sum of both sides", () => {
  expect(readUsage({ in: 3, cached: 4, out: 5, details: { thoughts: 2 } }, FORM)).toEqual({
    inputTokens: 7,
    outputTokens: 5,
    totalTokens: 12,
    cachedInputTokens: 4,
    reasoningTokens: 2,
  });
  expect(readUsage({ in: 3, total: 9 }, FORM)).toMatchObject({ inputTokens: 3, totalTokens: 9 });
  expect(readUsage({ in: 3 }, FORM)?.totalTokens).toBeUndefined();
});

test.each([[undefined], [null], [7], [[]], [{}], [{ in: "3", details: 1 }]])("%j counts nothing", (value) => {
  expect(readUsage(value, FORM)).toBeUndefined();
});
