import { expect, test } from "vitest";
import { cockatiel } from "../src/contestants/cockatiel.ts";
import { fallthrough } from "../src/contestants/fallthrough.ts";
import { fixedCooldown } from "../src/contestants/fixed-cooldown.ts";
import { noMemory } from "../src/contestants/no-memory.ts";
import { opossum } from "../src/contestants/opossum.ts";
import type { Contestant } from "../src/engine/contestant.ts";
import { figuresOf } from "../src/engine/figures.ts";
import { run } from "../src/engine/run.ts";
import type { Scenario } from "../src/engine/scenario.ts";
import { createLimitedService, createService, down } from "../src/engine/service.ts";
import { SCENARIOS } from "../src/scenarios/index.ts";

/** The first one refuses from 10 to 50 s; a caller each second. */
const OUTAGE: Scenario = {
  name: "an outage of 40 s",
  about: "The first one is down for 40 s.",
  create: () => ({
    services: [
      createService("first", [
        { from: 10, to: 50, condition: down({ kind: "failure", afterMs: 5, code: "network" }) },
      ]),
      createService("second"),
    ],
    callers: Array.from({ length: 200 }, (_, second) => ({ at: 1_000 * second })),
  }),
};

async function figuresIn(scenario: Scenario, contestant: Contestant) {
  const { cpu, ...figures } = figuresOf([await run(scenario, contestant, 0)]);
  return figures;
}

test("who remembers nothing asks the one that is down each time, and finds it as soon as it is back", async () => {
  expect(await figuresIn(OUTAGE, noMemory)).toMatchObject({
    given: { reached: 200, possible: 200 },
    byFirst: { reached: 160, possible: 160 },
    needless: 40,
    mostNeedless: 8,
    recoveryMs: 0,
    late: 0,
  });
});

test("a fixed cooldown asks once, and once more after a minute", async () => {
  expect(await figuresIn(OUTAGE, fixedCooldown)).toMatchObject({
    given: { reached: 200, possible: 200 },
    byFirst: { reached: 139, possible: 160 },
    needless: 1,
    mostNeedless: 1,
    recoveryMs: 21_000,
  });
});

test("the breaker of cockatiel opens after five failures and asks again each ten seconds", async () => {
  expect(await figuresIn(OUTAGE, cockatiel)).toMatchObject({
    given: { reached: 200, possible: 200 },
    needless: 8,
    mostNeedless: 5,
  });
});

test("the breaker of opossum asks again after thirty seconds", async () => {
  expect(await figuresIn(OUTAGE, opossum)).toMatchObject({
    given: { reached: 200, possible: 200 },
    mostNeedless: 6,
  });
});

test("the real registry answers everybody", async () => {
  expect(await figuresIn(OUTAGE, fallthrough)).toMatchObject({
    given: { reached: 200, possible: 200 },
    longestFailing: 0,
  });
});

test("when nobody is well no answer was possible", async () => {
  const scenario: Scenario = {
    ...OUTAGE,
    create: () => ({
      ...OUTAGE.create(Math.random),
      services: [createService("only", [{ from: 0, condition: down({ kind: "silence" }) }])],
    }),
  };

  expect(await figuresIn(scenario, noMemory)).toMatchObject({
    given: { reached: 0, possible: 0 },
    needless: 0,
    longestFailing: 0,
  });
});

test.each(["flapping", "a laptop that sleeps", "callers in haste"])(
  "the same seed gives the same run: %s",
  async (name) => {
    const scenario = SCENARIOS.find((one) => one.name === name) as Scenario;
    const [once, again] = [await run(scenario, fallthrough, 3), await run(scenario, fallthrough, 3)];

    expect(once.calls.length).toBeGreaterThan(100);
    expect(again.prompts).toEqual(once.prompts);
    expect(again.calls).toEqual(once.calls);
  },
);

test("every scenario has a name of its own, and there are at least thirty", () => {
  const names = new Set(SCENARIOS.map(({ name }) => name));

  expect(names.size).toBe(SCENARIOS.length);
  expect(names.size).toBeGreaterThanOrEqual(30);
});

test.each(
  SCENARIOS.filter(({ name }) => name.endsWith("told beforehand")).map(
    (scenario) => [scenario.name, scenario] as const,
  ),
)("%s: no prompt is sent into a limit that a header had told before", async (_, scenario) => {
  const { prompts } = await run(scenario, fallthrough, 0);
  const own = prompts.filter(({ service }) => service === "first");

  expect(own.length).toBeGreaterThan(100);
  expect(own.filter(({ state }) => state === "down")).toEqual([]);
});

test("callers who come together stay within what the last header told", async () => {
  const scenario: Scenario = {
    name: "a limit under a storm",
    about: "Three callers each second, and twenty prompts a minute.",
    create: () => ({
      services: [
        createLimitedService("first", { prompts: 20, windowSeconds: 60, candour: "told" }),
        createService("second"),
      ],
      callers: Array.from({ length: 600 }, (_, call) => ({ at: 1_000 * Math.floor(call / 3) })),
    }),
  };

  const { prompts, calls } = await run(scenario, fallthrough, 0);
  const refused = prompts.filter(({ state }) => state === "down");

  expect(calls.every(({ by }) => by !== undefined)).toBe(true);
  expect(refused).toEqual([]);
});

test.each(["a limit per minute, told beforehand", "a limit per day, told beforehand"])(
  "in %s nothing is sent into the limit once a head has told it, and who reads no heads does so",
  async (name) => {
    const scenario = SCENARIOS.find((one) => one.name === name) as Scenario;

    expect((await figuresIn(scenario, fallthrough)).intoLimits).toBe(0);
    expect((await figuresIn(scenario, noMemory)).intoLimits).toBeGreaterThan(0);
  },
);
