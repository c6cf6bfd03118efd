import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  capTimeout,
  createWatch,
  mergeTimeouts,
  resolveTimeouts,
  type TimerName,
} from "../../src/guard/call-timers.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const OFF = { firstChunkMs: 0, chunkMs: 0, totalMs: 0, commitMs: 0 };

test.each<TimerName>(["firstChunkMs", "totalMs", "commitMs"])("%s ends a silent call", (timer) => {
  const { watch, expired } = start({ [timer]: 100 });
  watch.waiting();

  vi.advanceTimersByTime(99);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);

  expect(expired).toEqual([timer]);
});

test("the first timer that is due wins, once", () => {
  const { watch, expired } = start({ firstChunkMs: 100, totalMs: 50, commitMs: 80 });
  watch.waiting();

  vi.advanceTimersByTime(1_000);

  expect(expired).toEqual(["totalMs"]);
});

test("a timeout of 0 sets no timer", () => {
  const { watch } = start({});

  watch.waiting();

  expect(vi.getTimerCount()).toBe(0);
});

test("after the first content chunkMs counts, and commitMs does not", () => {
  const { watch, expired } = start({ firstChunkMs: 100, chunkMs: 50, commitMs: 120 });
  watch.waiting();
  vi.advanceTimersByTime(90);
  watch.received(true);
  watch.waiting();

  vi.advanceTimersByTime(49);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);

  expect(expired).toEqual(["chunkMs"]);
});

test("content starts the silence anew, and other parts do not", () => {
  const { watch, expired } = start({ chunkMs: 100 });
  watch.waiting();
  watch.received(true);

  for (const content of [true, false, false]) {
    watch.waiting();
    vi.advanceTimersByTime(40);
    watch.received(content);
  }
  watch.waiting();
  vi.advanceTimersByTime(19);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);

  expect(expired).toEqual(["chunkMs"]);
});

test("the absence of the consumer is not the provider's silence", () => {
  const { watch, expired } = start({ firstChunkMs: 100, chunkMs: 100 });
  watch.waiting();
  vi.advanceTimersByTime(50);
  watch.received(true);

  vi.advanceTimersByTime(900);
  expect(expired).toEqual([]);
  watch.waiting();
  vi.advanceTimersByTime(100);

  expect(expired).toEqual(["chunkMs"]);
});

test("the total counts while the consumer is away", () => {
  const { watch, expired } = start({ totalMs: 100 });
  watch.waiting();
  watch.received(true);

  vi.advanceTimersByTime(100);

  expect(expired).toEqual(["totalMs"]);
});

test("a wake-up long after a timer was due is not counted against the provider", () => {
  const { watch, expired } = start({ firstChunkMs: 2_000, totalMs: 5_000 });
  const clock = vi.spyOn(performance, "now");
  watch.waiting();
  const asleep = performance.now() + 3_600_000;
  clock.mockImplementation(() => asleep);

  vi.advanceTimersByTime(2_000);
  clock.mockImplementation(() => asleep + 1_999);
  vi.advanceTimersByTime(1_999);
  expect(expired).toEqual([]);
  clock.mockImplementation(() => asleep + 2_000);
  vi.advanceTimersByTime(1);
  clock.mockRestore();

  expect(expired).toEqual(["firstChunkMs"]);
});

test("a timeout longer than the platform's longest timer does not fire at once", () => {
  const { watch, expired } = start({ totalMs: 1e12, firstChunkMs: Number.POSITIVE_INFINITY });
  watch.waiting();

  vi.advanceTimersByTime(10_000);

  expect(expired).toEqual([]);
  expect(vi.getTimerCount()).toBe(1);
});

test("a stopped watch leaves no timer", () => {
  const { watch } = start({ totalMs: 100 });
  watch.waiting();

  watch.stop();

  expect(vi.getTimerCount()).toBe(0);
});

test("most parts touch no timer", () => {
  const { watch } = start({ chunkMs: 100, totalMs: 10_000 });
  watch.waiting();
  watch.received(true);
  watch.waiting();
  const set = vi.spyOn(globalThis, "setTimeout");

  for (let part = 0; part < 50; part++) {
    watch.received(true);
    watch.waiting();
  }

  expect(set).not.toHaveBeenCalled();
});

test("content makes a shorter silence count, though a timer is armed for later", () => {
  const { watch, expired } = start({ chunkMs: 100, totalMs: 10_000 });
  watch.waiting();
  watch.received(true);
  watch.waiting();

  vi.advanceTimersByTime(99);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);

  expect(expired).toEqual(["chunkMs"]);
});

test("silence before the reader went away counts once the reader is back", () => {
  const { watch, expired } = start({ chunkMs: 100, totalMs: 300 });
  watch.received(true);
  watch.waiting();
  vi.advanceTimersByTime(40);
  watch.received(false);
  vi.advanceTimersByTime(160);
  watch.waiting();

  vi.advanceTimersByTime(59);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(1);

  expect(expired).toEqual(["chunkMs"]);
});

test("of two timers that are due together the silence is told before the end of all time", () => {
  const { watch, expired } = start({ firstChunkMs: 50, commitMs: 50, totalMs: 50 });
  watch.waiting();

  vi.advanceTimersByTime(50);

  expect(expired).toEqual(["firstChunkMs"]);
});

test("a timer that did not end the call is followed by the next, and only by one", () => {
  const { watch, expired } = start({ firstChunkMs: 100, totalMs: 250 });
  watch.waiting();
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  watch.received(true);

  watch.resume();
  watch.resume();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(150);

  expect(expired).toEqual(["firstChunkMs", "totalMs"]);
});

test("a consumer waits from the start, and until parts have come", () => {
  const { watch } = start({ totalMs: 100 });

  expect(watch.isWaiting()).toBe(true);
  watch.received(false);
  expect(watch.isWaiting()).toBe(false);
  watch.waiting();
  expect(watch.isWaiting()).toBe(true);
});

test("a consumer who does not come for more keeps no process alive, and one who waits does", async () => {
  vi.useRealTimers();
  const counted = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = counted();
  const { watch, expired } = start({ chunkMs: 20, totalMs: 60_000 });
  watch.received(true);
  expect(counted()).toBe(before);
  watch.waiting();
  expect(counted()).toBe(before + 1);
  watch.received(true);
  // longer than `chunkMs`, after which the next timer is armed
  await new Promise((resolve) => setTimeout(resolve, 50));
  const away = counted();

  watch.waiting();
  expect(counted()).toBe(away + 1);
  watch.stop();
  expect(counted()).toBe(away);
  expect(expired).toEqual([]);
});

test.each([
  [1_000, ["firstChunkMs"]],
  [1_001, []],
])("a timer that fires %i ms too late ends the call, unless the process slept: %j", (late, ended) => {
  const { expired } = start({ firstChunkMs: 2_000 });
  const due = performance.now() + 2_000;
  vi.spyOn(performance, "now").mockImplementation(() => due + late);

  vi.advanceTimersByTime(2_000);
  vi.restoreAllMocks();

  expect(expired).toEqual(ended);
});

test("a silence that a sleep cut in two starts anew, and a consumer who was away stays away", () => {
  const { watch, expired } = start({ firstChunkMs: 2_000, totalMs: 10_000 });
  let now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const pass = (ms: number): void => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  pass(500);
  watch.received(false);
  now += 3_600_000;
  pass(1_500);

  expect(watch.isWaiting()).toBe(false);
  watch.waiting();
  pass(1_999);
  expect(expired).toEqual([]);
  pass(1);
  vi.restoreAllMocks();

  expect(expired).toEqual(["firstChunkMs"]);
});

test("timeouts that are laid over each other are those that somebody set", () => {
  expect(mergeTimeouts({ totalMs: 5, chunkMs: 7 }, undefined, { totalMs: 0 })).toEqual({
    totalMs: 0,
    chunkMs: 7,
  });
  expect(mergeTimeouts()).toEqual({});
});

test("the later of the timeouts go over the earlier, zero included, and the defaults are below all", () => {
  const resolved = resolveTimeouts({ totalMs: 5, chunkMs: 7 }, undefined, { totalMs: 0, chunkMs: undefined });

  expect(resolved).toEqual({
    connectMs: 10_000,
    firstChunkMs: 30_000,
    chunkMs: 7,
    totalMs: 0,
    commitMs: 90_000,
  });
});

test.each([
  [100, 50, 50],
  [50, 100, 50],
  [0, 50, 50],
  [50, 0, 50],
  [50, undefined, 50],
  [0, 0, 0],
])("of %j and the cap %j the stricter is %j", (value, cap, stricter) => {
  expect(capTimeout(value, cap)).toBe(stricter);
});

function start(limits: Partial<Record<TimerName, number>>): {
  readonly watch: ReturnType<typeof createWatch>;
  readonly expired: TimerName[];
} {
  const expired: TimerName[] = [];
  return { watch: createWatch({ ...OFF, ...limits }, (timer) => expired.push(timer)), expired };
}
