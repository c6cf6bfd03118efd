import { expect, test } from "vitest";
import bounds from "../src/bounds.json" with { type: "json" };
import { boundOf, keepsTo } from "../src/bounds.ts";
import type { Figure } from "../src/figure.ts";
import { SUITES } from "../src/suites/index.ts";

const NONE = { median: 0, low: 0, high: 0 };

test("every bound speaks of a suite, and aims at more than it demands", () => {
  const names = SUITES.map(({ name }) => name);

  expect(bounds.filter(({ suite }) => !names.includes(suite))).toEqual([]);
  expect(
    bounds.filter(({ bound, aim, ...rest }) => ("atLeast" in rest ? aim <= bound : aim >= bound)),
  ).toEqual([]);
});

test("a bound without a variant holds for all of them", () => {
  const figure = (variant: string): Figure => ({
    suite: "splits",
    variant,
    client: "registry, 3 candidates",
    measure: "CPU per event",
    unit: "µs",
    value: NONE,
  });

  expect(boundOf(figure("one event per write"))?.bound).toBe(1.2);
  expect(boundOf({ ...figure("one event per write"), client: "floor-min" })).toBeUndefined();
});

test.each([
  [1.1, undefined, true],
  [1.3, undefined, false],
  [1.1, true, false],
  [1.3, true, true],
])("a ratio of %d against 1.2, more is better: %s", (median, atLeast, kept) => {
  const bound = { suite: "", client: "", measure: "", bound: 1.2, aim: 1, atLeast };
  const relative = { kind: "ratio", base: "floor", summary: { ...NONE, median } } as const;

  expect(
    keepsTo({ suite: "", variant: "", client: "", measure: "", unit: "", value: NONE, relative }, bound),
  ).toBe(kept);
});
