import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT, readJson } from "./workspace.mjs";

/** Markdown tables of the figures that `npm run bench -- --write` measured last. */
export async function formatPerformanceTable() {
  const built = pathToFileURL(join(ROOT, "packages/bench/dist/table.js")).href;
  /** @type {typeof import("../packages/bench/src/table.ts")} */
  const { formatTables } = await import(built);
  const { machine, rounds, figures } = readJson("docs/performance.json");
  const where = `Node ${machine.node.slice(1)} on ${machine.cores} cores, ${rounds} rounds`;
  return `Medians, and the smallest and largest of the rounds; ${where}.\n\n${formatTables(figures)}`;
}
