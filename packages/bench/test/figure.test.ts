import { expect, test } from "vitest";
import { figuresOf } from "../src/figure.ts";

const PLACE = { suite: "stream", variant: "events", base: "floor" };
const SAMPLES = new Map([
  ["floor", [{ cost: 2 }, { cost: 4 }, { cost: 8 }]],
  ["client", [{ cost: 3 }, { cost: 8 }, { cost: 12 }]],
]);

test("a ratio is taken round by round, because the machine changes from round to round", () => {
  const figures = figuresOf(PLACE, [{ name: "cost", unit: "µs", relation: "ratio" }], SAMPLES);

  expect(figures).toMatchObject([
    { client: "floor", value: { median: 4, low: 2, high: 8 } },
    {
      client: "client",
      value: { median: 8 },
      relative: { kind: "ratio", base: "floor", summary: { median: 1.5, low: 1.5, high: 2 } },
    },
  ]);
  expect(figures[0]?.relative).toBeUndefined();
});

test("what is added is a difference in the figure's unit", () => {
  const [, client] = figuresOf(PLACE, [{ name: "cost", unit: "µs", relation: "added" }], SAMPLES);

  expect(client?.relative).toMatchObject({ kind: "added", summary: { median: 4, low: 1, high: 4 } });
});
