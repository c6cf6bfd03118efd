import { expect, test } from "vitest";
import { isUsual } from "../src/layout.ts";

test.each([
  [[], true],
  [["thinking", "thinking", 5, "tool_use", "tool_use"], true],
  [["tool_use"], true],
  [[5, "thinking"], false],
  [["tool_use", 5], false],
  [[5, { type: "server_tool_use" }], false],
] as const)("the layout %j is usual: %s", (layout, usual) => {
  expect(isUsual(layout)).toBe(usual);
});
