import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the program whose check is timed has the 100 lines that its figure speaks of", () => {
  const program = readFileSync(new URL("../programs/application.ts", import.meta.url), "utf8");

  expect(program.split("\n").slice(0, -1)).toHaveLength(100);
});
