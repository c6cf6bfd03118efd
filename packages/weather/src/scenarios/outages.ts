import { steady, storm } from "../engine/load.ts";
import { around, type Random } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { answering, createService, down, type Period, WELL } from "../engine/service.ts";
import { BROKEN, MODEL_UNKNOWN, overloaded, REFUSED } from "./faults.ts";

const ORDERS: readonly (readonly string[])[] = [
  ["first", "second", "third"],
  ["first", "third", "second"],
  ["second", "first", "third"],
  ["second", "third", "first"],
  ["third", "first", "second"],
  ["third", "second", "first"],
];

/** Three services go down together and come back one after the other. */
function allDown(order: readonly string[]): Scenario {
  const names = order.join(", ");
  return {
    name: `all down, back as ${names}`,
    about: `All three refuse connections for two minutes; ${names} come back, a minute apart.`,
    create(random) {
      const end = 60 + around(random, 120);
      return {
        services: ["first", "second", "third"].map((id) =>
          createService(id, [{ from: 60, to: end + 60 * order.indexOf(id), condition: down(REFUSED) }]),
        ),
        callers: [
          ...steady(random, { to: 360, every: 1.2 }),
          ...steady(random, { from: 360, to: 1_560, every: 12 }),
        ],
      };
    },
  };
}

function blip(seconds: number): Scenario {
  return {
    name: `blip of ${seconds} s`,
    about: `The first one fails for ${seconds} s, as twenty callers come at once.`,
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + seconds, condition: down(BROKEN) }]),
        createService("second"),
      ],
      callers: [...steady(random, { to: 660, every: 2 }), ...storm(random, { at: 60, count: 20 })],
    }),
  };
}

/** Text comes all the time, but the end takes longer than a probe may. */
function slowAnswers(seconds: number): Scenario {
  return {
    name: `answers of ${seconds} s after an outage`,
    about: `The first one is down for a minute; the answers that it gives then take ${seconds} s each. A call each 10 s.`,
    create(random) {
      const end = 60 + around(random, 60);
      return {
        services: [
          createService("first", [
            { from: 60, to: end, condition: down(BROKEN) },
            { from: end, condition: answering(400, 600, 1_000 * seconds) },
          ]),
          createService("second"),
        ],
        callers: steady(random, { to: 1_500, every: 10 }),
      };
    },
  };
}

/** Not in step with anybody's cooldown. */
function flaps(random: Random): readonly Period[] {
  const periods: Period[] = [];
  for (let from = 60; periods.length < 10; ) {
    const to = from + around(random, 20);
    periods.push({ from, to, condition: down(REFUSED) });
    from = to + around(random, 20);
  }
  return periods;
}

/** Services that are down and come back. */
export const OUTAGES: readonly Scenario[] = [
  {
    name: "one down and back",
    about: "The first one refuses connections for two minutes.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + around(random, 120), condition: down(REFUSED) }]),
        createService("second"),
      ],
      callers: steady(random, { to: 1_260, every: 3 }),
    }),
  },
  ...ORDERS.map(allDown),
  ...[0.2, 2, 10, 60].map(blip),
  ...[40, 90].map(slowAnswers),
  {
    name: "flapping",
    about: "The first one is down for about 20 s and well for about 20 s, ten times.",
    create: (random) => ({
      services: [createService("first", flaps(random)), createService("second")],
      callers: steady(random, { to: 600, every: 2 }),
    }),
  },
  {
    name: "one of five",
    about: "All five are down, and only the fourth comes back. One caller each 20 s.",
    create: (random) => ({
      services: ["first", "second", "third", "fourth", "fifth"].map((id) =>
        createService(id, [
          { from: 60, to: id === "fourth" ? 240 + around(random, 60) : 900, condition: down(BROKEN) },
        ]),
      ),
      callers: steady(random, { to: 1_800, every: 20 }),
    }),
  },
  {
    name: "overloaded, with a time",
    about: "The first one answers 529 for 40 s and says with `Retry-After` when it is back.",
    create: (random) => ({
      services: [
        {
          ...createService("first", [{ from: 60, to: 100, within: 12, condition: down(BROKEN) }]),
          conditionAt: (time) =>
            time >= 60_000 && time < 100_000
              ? down(overloaded(Math.ceil((100_000 - time) / 1_000) * 1_000))
              : WELL,
        },
        createService("second"),
      ],
      callers: steady(random, { to: 660, every: 2 }),
    }),
  },
  {
    name: "one model of ten refused",
    about: "A provider with ten models does not know one of them.",
    create(random) {
      const models = Array.from({ length: 10 }, (_, index) => `model-${index}`);
      return {
        services: [
          ...models.map((model) =>
            createService(
              `many-${model}`,
              model === "model-3" ? [{ from: 0, condition: down(MODEL_UNKNOWN) }] : [],
              { provider: "many", model },
            ),
          ),
          createService("second"),
        ],
        callers: steady(random, { to: 600, every: 2 }).map((caller) => ({
          ...caller,
          route: [`many-model-${Math.floor(10 * random())}`, "second"],
        })),
      };
    },
  },
];
