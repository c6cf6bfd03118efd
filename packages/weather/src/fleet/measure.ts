import type { Scenario } from "../engine/scenario.ts";
import { createFleet } from "./fleet.ts";
import { type FleetRow, measureFleetRow } from "./row.ts";

/** What `docs/fleet.json` holds. */
export interface FleetReport {
  readonly processes: number;
  readonly seeds: number;
  readonly rows: readonly FleetRow[];
}

/** The rows of these scenarios, one after the other: the server needs a core as well. */
export async function measureFleet(
  scenarios: readonly Scenario[],
  { port, processes, seeds }: { readonly port: number; readonly processes: number; readonly seeds: number },
  onRow: (row: FleetRow) => void,
): Promise<FleetReport> {
  const fleet = await createFleet(port, processes);
  const rows: FleetRow[] = [];
  try {
    for (const scenario of scenarios) {
      const row = await measureFleetRow(scenario, seeds, fleet);
      rows.push(row);
      onRow(row);
    }
  } finally {
    fleet.close();
  }
  return { processes, seeds, rows };
}
