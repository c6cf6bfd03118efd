import { CONTESTANTS } from "./contestants/index.ts";
import { type Figures, figuresOf } from "./engine/figures.ts";
import { type RunLog, run } from "./engine/run.ts";
import type { Scenario } from "./engine/scenario.ts";

/** What came of one scenario. */
export interface Row {
  readonly scenario: string;
  readonly about: string;
  /** Of each contestant, by its name; this workspace is the first. */
  readonly figures: Readonly<Record<string, Figures>>;
}

/** Runs a scenario with seeds from 0 on, for every contestant. */
export async function measureRow(scenario: Scenario, seeds: number): Promise<Row> {
  const figures: Record<string, Figures> = {};
  for (const contestant of CONTESTANTS) {
    const runs: RunLog[] = [];
    for (let seed = 0; seed < seeds; seed++) runs.push(await run(scenario, contestant, seed));
    figures[contestant.name] = figuresOf(runs);
  }
  return { scenario: scenario.name, about: scenario.about, figures };
}
