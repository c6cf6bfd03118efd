import { expect, test } from "vitest";
import { inLayout, isUsualLayout } from "../../src/provider.ts";

test.each([
  [[], true],
  [["thought", "thought", 5, "call", "call"], true],
  [["call"], true],
  [[5, "thought"], false],
  [["call", 5], false],
  [[5, { type: "server_tool_use" }], false],
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

test("a piece of a text is told which one it is", () => {
  const pieces = inLayout([1, 2, "thought", 1], {
    thoughts: [{}],
    text: "abcd",
    calls: [],
    formatText: (text, index) => [{ text, index }],
  });

  expect(pieces).toEqual([{ text: "a", index: 0 }, { text: "bc", index: 1 }, {}, { text: "d", index: 2 }]);
});
