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

test("Chinese characters and emoji take two columns each", () => {
  const table = formatTable(
    ["name", "state"],
    [
      ["模型", "ok"],
      ["👩‍🚀 a", "ok"],
      ["plain", "ok"],
    ],
  );

  expect(render(table)).toEqual(["name   state", "模型   ok", "👩‍🚀 a   ok", "plain  ok"]);
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

test.each([
  ["Chinese characters take two columns", "你好", 4],
  ["an emoji of several code points takes two", "👩‍👩‍👧", 2],
  ["a combining mark takes none", "e\u0301", 1],
])("%s", (_, wide, columns) => {
  const table = formatTable(
    ["name", "state"],
    [
      [wide, "ok"],
      ["longer name", "ok"],
    ],
  );

  expect(render(table)[1]).toBe(`${wide}${" ".repeat("longer name".length - columns)}  ok`);
});

test("a cell with line breaks stays in one line", () => {
  const table = formatTable(["name", "why"], [["a", { text: "one\n  two", style: undefined }]]);

  expect(render(table)).toEqual(["name  why", "a     one two"]);
});

test("a cell of 10,000 characters is neither cut nor wrapped", () => {
  const long = "x".repeat(10_000);

  expect(render(formatTable(["why"], [[long]]))).toEqual(["why", long]);
});

test("without rows there is nothing to show", () => {
  expect(render(formatTable(["name", "state"], []))).toEqual([""]);
});
