import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { Scenario } from "./engine/scenario.ts";
import type { Row } from "./row.ts";
import type { Task } from "./worker.ts";

/** The rows of these scenarios, measured in as many processes as there are cores. */
export async function measure(
  scenarios: readonly Scenario[],
  seeds: number,
  onRow: (row: Row) => void,
): Promise<readonly Row[]> {
  const left = [...scenarios];
  const rows = new Map<string, Row>();

  async function work(): Promise<void> {
    const child = fork(new URL("./worker.js", import.meta.url));
    const failure = once(child, "exit").then(([code]) => {
      throw new Error(`a worker ended with ${code}`);
    });
    try {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        child.send({ scenario: next.name, seeds } satisfies Task);
        const [row] = (await Promise.race([once(child, "message"), failure])) as [Row];
        rows.set(row.scenario, row);
        onRow(row);
      }
    } finally {
      failure.catch(() => {});
      child.kill();
    }
  }

  await Promise.all(Array.from({ length: Math.min(scenarios.length, availableParallelism()) }, work));
  return scenarios.flatMap(({ name }) => rows.get(name) ?? []);
}
