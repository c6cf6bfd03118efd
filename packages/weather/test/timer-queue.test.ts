import { expect, test } from "vitest";
import { createRandom } from "../src/engine/random.ts";
import { createTimerQueue } from "../src/engine/timer-queue.ts";

test("gives what is due in order, and of what is due together what was put first", () => {
  const random = createRandom(7);
  const queue = createTimerQueue<{ at: number; order: number }>();
  const entries = Array.from({ length: 500 }, (_, order) => ({ at: Math.floor(50 * random()), order }));
  for (const entry of entries) queue.push(entry);

  const given = entries.map(() => queue.shift());

  expect(given).toEqual(entries.toSorted((a, b) => a.at - b.at || a.order - b.order));
  expect(queue.shift()).toBeUndefined();
});
