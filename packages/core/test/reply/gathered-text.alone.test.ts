import { expect, test } from "vitest";
import { gatherText } from "../../src/reply/gathered-text.ts";
import { heapGrowth, largeText } from "../garbage.ts";

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

test("pieces do not keep what they were cut from", async () => {
  const text = gatherText();

  const growth = await heapGrowth(() => {
    for (let count = 0; count < 512; count++) text.add(largeText().slice(100, 120));
    return text;
  });

  expect(growth).toBeLessThan(8);
  expect(text.read()).toHaveLength(512 * 20);
});
