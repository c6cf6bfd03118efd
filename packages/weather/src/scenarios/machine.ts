import type { Behaviour } from "../engine/behaviour.ts";
import { steady } from "../engine/load.ts";
import { around } from "../engine/random.ts";
import type { Scenario } from "../engine/scenario.ts";
import { createService, down } from "../engine/service.ts";
import { NO_DESCRIPTOR, OFFLINE, REFUSED } from "./faults.ts";

const HOUR_MS = 3_600_000;

/** Every connection fails on this side, so that nobody can answer, and afterwards everybody can at once. */
function faultHere(name: string, about: string, seconds: number, behaviour: Behaviour): Scenario {
  return {
    name,
    about,
    create: (random) => ({
      services: ["first", "second", "third"].map((id) =>
        createService(id, [{ from: 60, to: 60 + seconds, within: 2, condition: down(behaviour) }]),
      ),
      callers: steady(random, { to: 480, every: 1 }),
    }),
  };
}

/** What happens to the machine that asks. */
export const MACHINE: readonly Scenario[] = [
  {
    name: "a start during an outage",
    about: "The first one has been down for a minute as the process starts.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 0, to: around(random, 60), condition: down(REFUSED) }]),
        createService("second"),
      ],
      callers: steady(random, { to: 1_200, every: 3 }),
    }),
  },
  {
    name: "a laptop that sleeps",
    about:
      "This machine sleeps for ten minutes, while answers are under way; the first one is down before it.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + around(random, 30), condition: down(REFUSED) }]),
        createService("second"),
      ],
      callers: [
        ...steady(random, { to: 180, every: 1 }),
        ...steady(random, { from: 782, to: 1_100, every: 1 }),
      ],
      disturbance: { at: 180.2, happen: (time) => time.sleep(600_000) },
    }),
  },
  {
    name: "a clock that jumps",
    about: "The clock of this machine goes two hours back while the first one is down.",
    create: (random) => ({
      services: [
        createService("first", [{ from: 60, to: 60 + around(random, 60), condition: down(REFUSED) }]),
        createService("second"),
      ],
      callers: steady(random, { to: 1_200, every: 3 }),
      disturbance: { at: 90, happen: (time) => time.moveWallClock(-2 * HOUR_MS) },
    }),
  },
  faultHere(
    "no file descriptor left",
    "This machine cannot open a connection for 5 s; nobody else is to blame.",
    5,
    NO_DESCRIPTOR,
  ),
  faultHere("offline", "This machine has no network for 30 s; nobody else is to blame.", 30, OFFLINE),
];
