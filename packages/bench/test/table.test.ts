import { expect, test } from "vitest";
import type { Figure } from "../src/figure.ts";
import { formatTables } from "../src/table.ts";

const FIGURES: readonly Figure[] = [
  {
    suite: "small",
    variant: "10 events",
    client: "floor-min",
    measure: "first text, p50",
    unit: "µs",
    value: { median: 212.4, low: 200, high: 230 },
  },
  {
    suite: "small",
    variant: "10 events",
    client: "registry, 3 candidates",
    measure: "first text, p50",
    unit: "µs",
    value: { median: 300, low: 290, high: 310 },
    relative: { kind: "added", base: "floor-min", summary: { median: 87.6, low: 80, high: 95 } },
  },
  {
    suite: "memory",
    variant: "20,000 events",
    client: "registry, 3 candidates",
    measure: "peak memory",
    unit: "MiB",
    value: { median: 104, low: 103, high: 105 },
    relative: { kind: "ratio", base: "floor-min", summary: { median: 1.04, low: 1.03, high: 1.05 } },
  },
];

test("bound and aim stand beside the figure that they judge", () => {
  const table = formatTables(FIGURES);

  expect(table).toMatchInlineSnapshot(`
    "**small**

    | what is read | measure         | client                 | figure | against the base |         spread | bound |   aim |      |
    | ------------ | --------------- | ---------------------- | -----: | ---------------: | -------------: | ----: | ----: | ---: |
    | 10 events    | first text, p50 | floor-min              | 212 µs |                  |     200 to 230 |       |       |      |
    | 10 events    | first text, p50 | registry, 3 candidates | 300 µs |         +87.6 µs | +80.0 to +95.0 | +50.0 | +15.0 | OVER |

    **memory**

    | what is read  | measure     | client                 |  figure | against the base |       spread | bound |  aim |     |
    | ------------- | ----------- | ---------------------- | ------: | ---------------: | -----------: | ----: | ---: | --: |
    | 20,000 events | peak memory | registry, 3 candidates | 104 MiB |             1.04 | 1.03 to 1.05 |  1.10 | 1.00 |  ok |"
  `);
});
