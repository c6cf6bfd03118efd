import { fallthrough } from "../contestants/fallthrough.ts";
import { type Figures, figuresOf, ratio } from "../engine/figures.ts";
import { type RunLog, run } from "../engine/run.ts";
import type { Scenario } from "../engine/scenario.ts";
import type { Fleet } from "./fleet.ts";

/** What became of one scenario, for a fleet or for one process with the same callers. */
export interface FleetFigures extends Pick<Figures, "given" | "byFirst"> {
  /** Prompts to services that were down, in one run. */
  readonly down: number;
}

/** One scenario, with the same callers for both. */
export interface FleetRow {
  readonly scenario: string;
  readonly one: FleetFigures;
  readonly fleet: FleetFigures;
  /** What the decisions of the fleet took, in milliseconds of the real clock. */
  readonly decisionMs: { readonly p50: number; readonly p99: number };
}

/** Runs a scenario with seeds from 0 on, for one process and for a fleet. */
export async function measureFleetRow(scenario: Scenario, seeds: number, fleet: Fleet): Promise<FleetRow> {
  const one: RunLog[] = [];
  const many: RunLog[] = [];
  fleet.takeDecisions();
  for (let seed = 0; seed < seeds; seed++) {
    one.push(await run(scenario, fallthrough, seed));
    many.push(await run(scenario, fleet, seed));
  }
  const times = fleet.takeDecisions().toSorted((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return {
    scenario: scenario.name,
    one: fleetFiguresOf(one),
    fleet: fleetFiguresOf(many),
    decisionMs: { p50: at(0.5), p99: at(0.99) },
  };
}

function fleetFiguresOf(runs: readonly RunLog[]): FleetFigures {
  const { given, byFirst } = figuresOf(runs);
  const down = runs.flatMap(({ prompts }) => prompts.filter(({ state }) => state === "down"));
  return { given, byFirst, down: down.length / runs.length };
}

/** What is no more than chance: each process draws the lengths of its cooldowns for itself. */
const TOLERANCE = { prompts: 2, share: 0.1, given: 0.005 };
/** What half of the decisions may take on loopback. */
const MOST_DECISION_MS = 1;

/** What a fleet does worse than one process. */
export function fleetMissesOf({ scenario, one, fleet, decisionMs }: FleetRow): readonly string[] {
  const most = one.down * (1 + TOLERANCE.share) + TOLERANCE.prompts;
  return [
    ...(fleet.down > most ? [`${fleet.down} prompts to who was down, at most ${most.toFixed(1)}`] : []),
    ...(ratio(fleet.given) < ratio(one.given) - TOLERANCE.given
      ? ["fewer answers than one process gives"]
      : []),
    ...(decisionMs.p50 > MOST_DECISION_MS
      ? [`a decision takes ${decisionMs.p50} ms, at most ${MOST_DECISION_MS}`]
      : []),
  ].map((what) => `${scenario}: ${what}`);
}
