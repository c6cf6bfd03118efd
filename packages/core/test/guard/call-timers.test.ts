import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { capTimeout, createWatch, resolveTimeouts, type TimerName } from "../../src/guard/call-timers.ts";

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
