import { expect, test } from "vitest";
import { formatTable } from "../src/table.ts";

function render(lines: ReturnType<typeof formatTable>): string[] {
  return lines.map((spans) => spans.map((span) => (typeof span === "string" ? span : span.text)).join(""));
}

test("columns are as wide as their widest cell and the last is not padded", () => {
  const table = formatTable(
    ["name", "state"],
    [
      ["a", { text: "ok", style: "green" }],
      ["longer", "bad"],
    ],
  );

  expect(render(table)).toEqual(["name    state", "a       ok", "longer  bad"]);
});

test("a column without text is left out with its heading", () => {
  const table = formatTable(
    ["name", "why", "time"],
    [
      ["a", "", "1 ms"],
      ["b", "", "2 ms"],
    ],
  );

  expect(render(table)).toEqual(["name  time", "a     1 ms", "b     2 ms"]);
});
