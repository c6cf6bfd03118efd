import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { gatherText } from "../src/gathered-text.ts";

test.each([0, 1, 63, 64, 65, 1_000])("%i pieces are one text, whenever it is read", (count) => {
  const pieces = Array.from({ length: count }, (_, index) => `${index},`);
  const text = gatherText();

  for (const [index, piece] of pieces.entries()) {
    text.add(piece);
    if (index % 10 === 0) text.read();
  }

  expect(text.read()).toBe(pieces.join(""));
  expect(text.read()).toBe(pieces.join(""));
});

test("pieces do not keep what they were cut from", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const text = gatherText();
  collectGarbage();
  const before = process.memoryUsage().heapUsed;

  for (let count = 0; count < 1_024; count++) {
    text.add(
      Buffer.alloc(32 * 1024, "x")
        .toString("latin1")
        .slice(100, 120),
    );
  }
  collectGarbage();

  expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
  expect(text.read()).toHaveLength(1_024 * 20);
});
