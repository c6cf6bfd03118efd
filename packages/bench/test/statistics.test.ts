import { expect, test } from "vitest";
import { median, quantile, summarise } from "../src/statistics.ts";

test("the median of an even number of values lies between the two in the middle", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test.each([
  [0, 1],
  [0.25, 2],
  [0.9, 4.6],
  [1, 5],
])("below the quantile of %d lie so many values", (share, expected) => {
  expect(quantile([5, 4, 3, 2, 1], share)).toBeCloseTo(expected);
});

test("a summary names the smallest and the largest value", () => {
  expect(summarise([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
});
