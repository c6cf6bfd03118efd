import { beforeEach, expect, test } from "vitest";
import { createLedger, type Ledger } from "../../src/health/ledger.ts";

let ledger: Ledger;

beforeEach(() => {
  ledger = createLedger({ requests: { minute: 3, day: 5 }, tokens: { minute: 1_000 } });
});

function call(order: number, now: number, tokens = 0): boolean {
  if (ledger.lacking(tokens, now) !== undefined) return false;
  ledger.reserve(order, { characters: tokens * 3.5, tokens }, now);
  return true;
}

test("declared windows begin with their first call, and each of them needs room", () => {
  const taken = [0, 10_000, 20_000, 30_000, 60_000, 61_000, 62_000].map((now, order) => call(order, now));

  // three in the first minute, and the day has five
  expect(taken).toEqual([true, true, true, false, true, true, false]);
  expect(ledger.lacking(0, 62_000)).toEqual({
    unit: "requests",
    window: "day",
    limit: 5,
    left: 0,
    remainingMs: 86_400_000 - 62_000,
    source: "declared by the preset",
  });
  expect(call(9, 86_400_000)).toBe(true);
});

test("tokens are reserved at the start and settled with what was used", () => {
  expect(call(1, 0, 600)).toBe(true);
  expect(call(2, 1, 600)).toBe(false);
  ledger.settle(1, { input: 300, total: 350 });

  expect(ledger.states(2)).toContainEqual(expect.objectContaining({ unit: "tokens", left: 650 }));
  expect(call(3, 2, 600)).toBe(true);
});

test("the tokens of a call that came to nothing are given back, its request is not", () => {
  call(1, 0, 600);
  ledger.settle(1, undefined);

  expect(ledger.states(1)).toMatchObject([
    { unit: "requests", window: "minute", left: 2 },
    { unit: "requests", window: "day", left: 4 },
    { unit: "tokens", left: 1_000 },
  ]);
});

test("a window that begins gets nothing back of what was taken from the one before", () => {
  call(1, 0, 600);
  call(2, 60_000, 600);
  ledger.settle(1, undefined);
  expect(ledger.states(60_001)).toContainEqual(expect.objectContaining({ unit: "tokens", left: 400 }));

  ledger.settle(2, undefined);

  expect(ledger.states(60_002)).toContainEqual(expect.objectContaining({ unit: "tokens", left: 1_000 }));
});

test("a call that tells nothing for ten minutes keeps what it reserved", () => {
  const daily = createLedger({ tokens: { day: 1_000 } });
  daily.reserve(1, { characters: 350, tokens: 100 }, 1);
  daily.reserve(600_002, { characters: 350, tokens: 100 }, 600_002);

  daily.settle(1, undefined);
  daily.settle(600_002, undefined);

  expect(daily.states(600_003)).toMatchObject([{ unit: "tokens", left: 900 }]);
});

test("a request that is estimated larger than the whole limit is let through while nothing is spent", () => {
  expect(call(1, 0, 5_000)).toBe(true);
  expect(call(2, 1, 10)).toBe(false);
});

test("characters are divided by 3.5 until the server's own counts say better", () => {
  expect(ledger.estimate(350)).toBe(100);

  for (let order = 0; order < 30; order++) {
    ledger.reserve(order, { characters: 100, tokens: 29 }, 0);
    ledger.settle(order, { input: 50, total: 60 });
  }

  expect(ledger.estimate(100)).toBeGreaterThan(48);
  ledger.reserve(99, { characters: 1_000_000, tokens: 1 }, 0);
  ledger.settle(99, { input: 1, total: 1 });
  expect(ledger.estimate(100)).toBeGreaterThan(20);
});

test("what the server tells goes over what a preset declares of the same window, and ends at its reset", () => {
  const told = {
    name: "requests-minute",
    unit: "requests",
    window: "minute",
    limit: 30,
    remaining: 0,
  } as const;
  call(1, 0);
  ledger.told(1, [{ ...told, resetMs: 5_000 }], 100);

  expect(ledger.states(100)).toContainEqual({
    unit: "requests",
    window: "minute",
    limit: 30,
    left: 0,
    remainingMs: 5_000,
    source: "told by the server",
  });
  expect(call(2, 5_099)).toBe(false);
  expect(call(3, 5_100)).toBe(true);
});

test("calls under way that the server had not counted yet are not let through twice", () => {
  ledger = createLedger(undefined);
  const told = { name: "requests", unit: "requests" } as const;
  for (const order of [1, 2, 3]) call(order, 0);
  ledger.told(1, [{ ...told, remaining: 4, resetMs: 10_000 }], 1);

  // four were left after the first, of which two others are under way
  expect(ledger.states(1)).toMatchObject([{ left: 2 }]);
  ledger.told(3, [{ ...told, remaining: 2, resetMs: 10_000 }], 2);
  ledger.told(2, [{ ...told, remaining: 3, resetMs: 10_000 }], 3);
  expect(ledger.states(3)).toMatchObject([{ left: 2 }]);
});

test("a limit without a reset holds for a minute, and one that nobody can count for nothing", () => {
  ledger = createLedger(undefined);
  ledger.told(1, [{ name: "requests", unit: "requests", remaining: 0 }], 0);
  ledger.told(1, [{ name: "bytes", remaining: 0, resetMs: 90_000 }], 0);

  expect(ledger.lacking(0, 59_999)).toMatchObject({ remainingMs: 1 });
  expect(ledger.lacking(0, 60_000)).toBeUndefined();
});

test.each([
  ["in the same window", { name: "requests-minute", window: "minute", limit: 30 }, true],
  ["in a window that it does not name", { name: "requests", window: undefined, limit: 6 }, true],
  ["of the other unit", { name: "tokens-minute", unit: "tokens", window: "minute", limit: 9_000 }, true],
  ["that is no more than one of those declared", { name: "requests", window: undefined, limit: 5 }, false],
  ["of a window that is not declared", { name: "requests-hour", window: "hour", limit: 900 }, false],
] as const)(
  "a limit %s that the server tells, and is larger, shows another plan: what is declared holds no more",
  (_, told, isFree) => {
    call(1, 0);
    ledger.told(1, [{ unit: "requests", remaining: 900_000, resetMs: 1_000, ...told }], 1);

    // also after the reset of what was told
    for (const [start, order] of [
      [2, 10],
      [70_000, 20],
    ] as const) {
      const taken = [0, 1, 2, 3].map((place) => call(order + place, start + place));
      expect(taken.every(Boolean)).toBe(isFree);
    }
    expect(ledger.states(70_010).some(({ source }) => source === "declared by the preset")).toBe(!isFree);
  },
);
