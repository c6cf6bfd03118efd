import { steady } from "../engine/load.ts";
import { around } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { type Candour, createLimitedService, createService, down } from "../engine/service.ts";
import { KEY_REFUSED, WITHIN_AFTER_REFUSAL_SECONDS } from "./faults.ts";

/** The day turns four hours after the start. */
const DAY = 4 * 3_600;

const CANDOURS: readonly Candour[] = ["stated", "silent", "told"];
const NAMES: Readonly<Record<Candour, string>> = {
  stated: "with a time",
  silent: "without a time",
  told: "told beforehand",
};
const ABOUT: Readonly<Record<Candour, string>> = {
  stated: "with `Retry-After`",
  silent: "without `Retry-After`",
  told: "and the head of each answer says how many are left",
};

function limited(
  name: string,
  limit: { readonly prompts: number; readonly windowSeconds: number },
  candour: Candour,
  load: { readonly to: number; readonly every: number },
): Scenario {
  return {
    name: `${name}, ${NAMES[candour]}`,
    about: `The first one takes ${limit.prompts} prompts and refuses the others, ${ABOUT[candour]}.`,
    create: (random) => ({
      services: [createLimitedService("first", { ...limit, candour }), createService("second")],
      callers: steady(random, load),
    }),
  };
}

const MINUTE_LIMIT = { prompts: 20, windowSeconds: 60 };
const DAY_LIMIT = { prompts: 250, windowSeconds: DAY };

/** Services that refuse somebody. */
export const LIMITS: readonly Scenario[] = [
  ...CANDOURS.map((candour) => limited("a limit per minute", MINUTE_LIMIT, candour, { to: 480, every: 1.5 })),
  ...CANDOURS.map((candour) => limited("a limit per day", DAY_LIMIT, candour, { to: 1.5 * DAY, every: 45 })),
  {
    name: "a key refused, then corrected",
    about: "The first one refuses the key for four minutes.",
    create: (random) => ({
      services: [
        createService("first", [
          {
            from: 60,
            to: 60 + around(random, 240),
            within: WITHIN_AFTER_REFUSAL_SECONDS,
            condition: down(KEY_REFUSED),
          },
        ]),
        createService("second"),
      ],
      callers: steady(random, { to: 1_800, every: 4 }),
    }),
  },
];
