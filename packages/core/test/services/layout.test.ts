import { expect, test } from "vitest";
import { inLayout, isUsualLayout } from "../../src/services/layout.ts";

test.each([
  [[], true],
  [["thought", "thought", 5, "call", "call"], true],
  [["call"], true],
  [[5, "thought"], false],
  [["call", 5], false],
  [[5, { type: "server_tool_use" }], false],
  [[[5, { phase: "x" }]], false],
] as const)("the layout %j is usual: %s", (layout, usual) => {
  expect(isUsualLayout(layout)).toBe(usual);
});

const search = { type: "search" };

test.each([
  ["none", undefined, ["t1", "t2", "Hello you", "c1"]],
  ["its own", [6, "thought", search, 3, "thought", "call"], ["Hello ", "t1", "search", "you", "t2", "c1"]],
  ["one of a longer text", [60, "thought", "thought", "call"], ["t1", "t2", "Hello you", "c1"]],
  ["one that names fewer calls", ["thought", 9, "thought"], ["t1", "t2", "Hello you", "c1"]],
  ["one that is no list", "thought", ["t1", "t2", "Hello you", "c1"]],
])("an answer with the layout %s stands in that order, or in the usual one", (_, layout, order) => {
  const pieces = inLayout(layout, {
    thoughts: [{ type: "t1" }, { type: "t2" }],
    text: "Hello you",
    calls: [{ type: "c1" }],
    formatText: (type) => [{ type }],
  });

  expect(pieces.map(({ type }) => type)).toEqual(order);
});

test("a piece of the text may have fields of its own, and is then there though it is blank", () => {
  const pieces = inLayout([2, [1, { signature: "s" }], 0, [0, { signature: "t" }]], {
    thoughts: [],
    text: "abc",
    calls: [],
    formatText: (text) => [{ text }],
  });

  expect(pieces).toEqual([{ text: "ab" }, { text: "c", signature: "s" }, { text: "", signature: "t" }]);
});
