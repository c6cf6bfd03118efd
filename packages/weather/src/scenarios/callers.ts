import { steady, storm } from "../engine/load.ts";
import { around } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { createService, down } from "../engine/service.ts";
import { BROKEN, REFUSED, SILENT } from "./faults.ts";

function storms(count: number, ats: readonly number[]): Scenario {
  return {
    name: `storms of ${count}`,
    about: `The first one is down for a minute; ${count} callers come at once, during the outage and after it.`,
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 91 + around(random, 20), condition: down(BROKEN) }]),
        createService("second"),
      ],
      callers: [
        ...steady(random, { to: 900, every: 3 }),
        ...ats.flatMap((at) => storm(random, { at, count })),
      ],
    }),
  };
}

/** Fifty callers find two breakers half open: nobody has asked since they opened. */
function halfOpen(name: string, secondsOfFirst: number): Scenario {
  return {
    name: `half open, ${name}`,
    about: `Both fail for 8 s, then nobody asks until fifty callers come at once; ${name}.`,
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + secondsOfFirst, condition: down(BROKEN) }]),
        createService("second", [{ from: 60, to: 68, condition: down(BROKEN) }]),
      ],
      callers: [
        ...steady(random, { to: 66, every: 0.5 }),
        ...storm(random, { at: 80, count: 50 }),
        ...steady(random, { from: 82, to: 660, every: 2 }),
      ],
    }),
  };
}

/** Callers who come in crowds, seldom, or in haste. */
export const CALLERS: readonly Scenario[] = [
  storms(50, [61, 90, 122, 400]),
  storms(500, [61, 400]),
  halfOpen("both are back", 8),
  halfOpen("the first is still down", 120),
  {
    name: "one caller in a minute",
    about: "The first one is down for twenty minutes, the second for five of them.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 600, to: 600 + around(random, 1_200), condition: down(REFUSED) }]),
        createService("second", [{ from: 900, to: 1_200, condition: down(REFUSED) }]),
      ],
      callers: steady(random, { to: 10_800, every: 60 }),
    }),
  },
  {
    name: "callers in haste",
    about: "The first one is silent for three minutes, and callers leave after 10 s.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + around(random, 180), condition: down(SILENT) }]),
        createService("second"),
      ],
      callers: steady(random, { to: 900, every: 2 }, { patienceMs: 10_000 }),
    }),
  },
];
