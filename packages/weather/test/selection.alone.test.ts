import { expect, test } from "vitest";
import { fallthrough } from "../src/contestants/fallthrough.ts";
import { figuresOf } from "../src/engine/figures.ts";
import { run } from "../src/engine/run.ts";
import { SCENARIOS } from "../src/scenarios/index.ts";

/** Answers and those by the first choice, of the possible ones; needless prompts, the most together, failed calls in a row. */
type Expected = readonly [
  given: string,
  byFirst: string,
  needless: number,
  mostNeedless: number,
  failing: number,
];

// whoever changes a rule on purpose runs `npm run weather` first and then writes what this says
test.each<readonly [name: string, expected: Expected]>([
  ["blip of 2 s", ["350 of 350", "326 of 329", 3, 3, 0]],
  ["blip of 10 s", ["350 of 350", "320 of 325", 4, 3, 0]],
  ["one down and back", ["420 of 420", "381 of 385", 7, 3, 0]],
  ["one of five", ["78 of 78", "48 of 48", 47, 1, 0]],
  ["half open, both are back", ["459 of 459", "459 of 459", 0, 0, 0]],
  ["half open, the first is still down", ["459 of 459", "352 of 360", 5, 1, 0]],
  ["silent", ["450 of 450", "322 of 339", 8, 3, 0]],
  ["callers in haste", ["445 of 450", "344 of 369", 7, 2, 2]],
  ["one of five is slow", ["450 of 450", "448 of 450", 0, 0, 0]],
  ["a chain of one inside a chain", ["420 of 420", "364 of 372", 9, 3, 0]],
  ["overloaded, with a time", ["330 of 330", "309 of 310", 1, 1, 0]],
])("the rules give these figures in their first run: %s", async (name, expected) => {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`no scenario is called "${name}"`);

  const { given, byFirst, needless, mostNeedless, longestFailing } = figuresOf([
    await run(scenario, fallthrough, 0),
  ]);

  const shares = [given, byFirst].map(({ reached, possible }) => `${reached} of ${possible}`);
  expect([...shares, needless, mostNeedless, longestFailing]).toEqual(expected);
});
