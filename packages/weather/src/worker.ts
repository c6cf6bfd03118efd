import { measureRow } from "./row.ts";
import { SCENARIOS } from "./scenarios/index.ts";

/** What a worker is asked for. */
export interface Task {
  /** The name of the scenario. */
  readonly scenario: string;
  readonly seeds: number;
}

process.on("message", async ({ scenario: name, seeds }: Task) => {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario !== undefined) process.send?.(await measureRow(scenario, seeds));
});
