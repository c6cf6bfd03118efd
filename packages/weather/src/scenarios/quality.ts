import { steady } from "../engine/load.ts";
import { around } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { answering, type Condition, createService, down, failing, WELL } from "../engine/service.ts";
import { BROKEN, SILENT } from "./faults.ts";

/** The first one is so, or is so for a while, and the second is well. */
function first(
  name: string,
  about: string,
  condition: Condition,
  { every = 2, seconds }: { readonly every?: number; readonly seconds?: number } = {},
): Scenario {
  return {
    name,
    about,
    create: (random) => ({
      services: [
        createService("first", [
          seconds === undefined
            ? { from: 0, condition }
            : { from: 60, to: 60 + around(random, seconds), condition },
        ]),
        createService("second"),
      ],
      callers: steady(random, { to: 900, every }),
    }),
  };
}

const MINUTES = { seconds: 180 };

/** Services that are neither well nor simply down. */
export const QUALITY: readonly Scenario[] = [
  first("10 % failures", "One prompt of ten fails at the first one.", failing(0.1, "well", BROKEN)),
  first("50 % failures", "Every second prompt fails at the first one.", failing(0.5, "unsteady", BROKEN)),
  first("90 % failures", "Nine prompts of ten fail at the first one.", failing(0.9, "unsteady", BROKEN)),
  first("silent", "The first one takes prompts for three minutes and sends nothing.", down(SILENT), MINUTES),
  first(
    "an event, then silence",
    "The first one sends an event without text for three minutes, and nothing after it.",
    down({ kind: "silence", eventMs: 300 }),
    MINUTES,
  ),
  first(
    "a word, then silence",
    "The first one sends one word for three minutes, and nothing after it.",
    down({ kind: "stop", firstMs: 500 }),
    MINUTES,
  ),
  first("slow", "The first text of the first one takes 25 s.", answering(24_500, 25_500, 2_000), {
    every: 5,
  }),
  first(
    "one of five is slow",
    "Four answers of five of the first one begin in half a second, the fifth in 20 s.",
    {
      state: "well",
      behave: (random) => (random() < 0.2 ? answering(15_000, 25_000, 2_000) : WELL).behave(random),
    },
  ),
  first(
    "a drip",
    "The answers of the first one take two minutes, at a character a second.",
    answering(400, 600, 120_000),
    { every: 5 },
  ),
];
