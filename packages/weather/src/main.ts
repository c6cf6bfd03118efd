import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants/index.ts";
import { run } from "./engine/run.ts";
import { measure } from "./measure.ts";
import { drawRun } from "./picture.ts";
import type { Row } from "./row.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { formatComparison, formatRows, formatTotals, type Report } from "./table.ts";
import { missesOf } from "./targets.ts";

/** The scenario of the picture, and the part of it that is shown. */
const PICTURE = { name: "all down, back as second, third, first", from: 30, to: 390 };

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seeds: { type: "string", default: "20" },
    write: { type: "string" },
    check: { type: "boolean", default: false },
  },
});
const seeds = Number(values.seeds);
const scenarios = SCENARIOS.filter(({ name }) => values.only === undefined || name.includes(values.only));
if (scenarios.length === 0 || !(seeds > 0)) {
  console.error(`no scenario is called "${values.only}", or ${values.seeds} is no number of seeds`);
  process.exit(2);
}

const start = performance.now();
const rows = await measure(scenarios, seeds, ({ scenario }) => {
  console.error(`${((performance.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${scenario}`);
});
console.log(`${formatRows(rows)}\n\n${formatTotals(rows)}`);
if (values.only !== undefined) console.log(`\n${formatComparison(rows)}`);
if (values.write !== undefined) await write(values.write, { seeds, rows: rows.map(rounded) });
if (values.check) check(rows);

async function write(folder: string, report: Report): Promise<void> {
  writeFileSync(join(folder, "health.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  const scenario = SCENARIOS.find(({ name }) => name === PICTURE.name);
  const [contestant] = CONTESTANTS;
  if (scenario === undefined || contestant === undefined) return;
  const log = await run(scenario, contestant, 0);
  writeFileSync(join(folder, "health.svg"), drawRun(log, { title: scenario.about, ...PICTURE }));
}

/** Digits that say nothing would change with every run. */
function rounded(row: Row): Row {
  return JSON.parse(
    JSON.stringify(row, (_, value) => (typeof value === "number" ? Math.round(10 * value) / 10 : value)),
  );
}

function check(measured: readonly Row[]): void {
  const misses = missesOf(measured);
  console.log(misses.length === 0 ? "\nevery target is met" : `\n${misses.length} targets are missed:`);
  for (const { where, what } of misses) console.log(`  ${where}: ${what}`);
  if (misses.length > 0) process.exitCode = 1;
}
