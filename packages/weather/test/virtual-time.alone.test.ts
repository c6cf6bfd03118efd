import { expect, test } from "vitest";
import { createRandom } from "../src/engine/random.ts";
import { inVirtualTime } from "../src/engine/virtual-time.ts";

const never = (): boolean => false;

test("timers fire in order, and what promises do between them is done by then", async () => {
  const seen: string[] = [];

  await inVirtualTime(createRandom(1), async (time) => {
    setTimeout(() => seen.push("late"), 86_400_000);
    setTimeout(async () => {
      seen.push("early");
      for (let turn = 0; turn < 100; turn++) await undefined;
      seen.push("after a hundred promises");
    }, 10);
    setTimeout(() => seen.push("next"), 11);
    const cancelled = setTimeout(() => seen.push("never"), 5);
    clearTimeout(cancelled);
    await time.runUntil(never);
  });

  expect(seen).toEqual(["early", "after a hundred promises", "next", "late"]);
});

test("an interval goes on until it is cleared", async () => {
  const seen: number[] = [];

  await inVirtualTime(createRandom(1), async (time) => {
    const start = performance.now();
    const interval = setInterval(() => {
      seen.push(performance.now() - start);
      if (seen.length === 3) clearInterval(interval);
    }, 1_000);
    await time.runUntil(never);
  });

  expect(seen).toEqual([1_000, 2_000, 3_000]);
});

test("a machine that sleeps fires its timers late, and both clocks have gone on", async () => {
  const [slept, wall] = await inVirtualTime(createRandom(1), async (time) => {
    const before = [performance.now(), Date.now()] as const;
    const after: number[] = [];
    time.at(time.now() + 100, () => time.sleep(60_000));
    setTimeout(() => after.push(performance.now() - before[0], Date.now() - before[1]), 200);
    await time.runUntil(never);
    return after;
  });

  expect(slept).toBe(60_100);
  expect(wall).toBe(60_100);
});

test("the clock on the wall moves alone", async () => {
  const [steady, wall] = await inVirtualTime(createRandom(1), async (time) => {
    const before = [performance.now(), Date.now()] as const;
    time.moveWallClock(-7_200_000);
    return [performance.now() - before[0], Date.now() - before[1]];
  });

  expect(steady).toBe(0);
  expect(wall).toBe(-7_200_000);
});

test("the platform has its timers, clocks and chance back, also after a failure", async () => {
  const before = [setTimeout, clearInterval, performance.now, Date.now, Math.random, Error.stackTraceLimit];

  await expect(
    inVirtualTime(createRandom(1), () => Promise.reject(new Error("the body fails"))),
  ).rejects.toThrow("the body fails");

  expect([setTimeout, clearInterval, performance.now, Date.now, Math.random, Error.stackTraceLimit]).toEqual(
    before,
  );
});
