import { expect, test } from "vitest";
import type { Figures } from "../src/engine/figures.ts";
import type { Row } from "../src/row.ts";
import { betterPeers, missesOf } from "../src/targets.ts";

const GOOD: Figures = {
  given: { reached: 1_000, possible: 1_000 },
  byFirst: { reached: 990, possible: 1_000 },
  needless: 4,
  mostNeedless: 3,
  intoLimits: 0,
  longestFailingMs: 0,
  longestFailing: 0,
  recoveryMs: 9_000,
  usualRecoveryMs: 9_000,
  late: 0,
  waitMs: 50,
  slowWaitMs: 200,
  cpu: 100,
};

function row(own: Partial<Figures>, peer: Partial<Figures> = {}): Row {
  return {
    scenario: "weather",
    about: "It rains.",
    figures: { ours: { ...GOOD, ...own }, theirs: { ...GOOD, ...peer } },
  };
}

test("nothing is missed where every figure is good", () => {
  expect(missesOf([row({})])).toEqual([]);
});

test.each<[string, Partial<Figures>]>([
  ["answers given", { given: { reached: 994, possible: 1_000 } }],
  ["answers by the first choice", { byFirst: { reached: 969, possible: 1_000 } }],
  ["5 prompts within a cooldown", { mostNeedless: 5 }],
  ["1 prompts into a limit that a head had told before", { intoLimits: 1 }],
  ["all failed for 3 s, in 4 calls", { longestFailingMs: 3_000, longestFailing: 4 }],
  ["came back too late 2 times", { late: 2 }],
])("a row that misses a target says so: %s", (what, own) => {
  const misses = missesOf([row(own, own)]);

  expect(misses.map((miss) => miss.what)).toEqual([expect.stringContaining(what)]);
});

test("one call that fails is no time in which all failed", () => {
  expect(missesOf([row({ longestFailing: 1, longestFailingMs: 0 })])).toEqual([]);
});

test("who gives more answers is better, whatever it costs", () => {
  const peer = { given: { reached: 1_000, possible: 1_000 }, needless: 500, waitMs: 9_000 };

  expect(betterPeers(row({ given: { reached: 996, possible: 1_000 } }, peer))).toEqual(["theirs"]);
});

test("who is better in one figure and worse in another is not better", () => {
  const byFirst = { reached: 1_000, possible: 1_000 };

  expect(betterPeers(row({}, { byFirst, needless: 500 }))).toEqual([]);
  expect(betterPeers(row({}, { byFirst }))).toEqual(["theirs"]);
});
