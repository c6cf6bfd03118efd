import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants/index.ts";
import { run } from "./engine/run.ts";
import { measureFleet } from "./fleet/measure.ts";
import { fleetMissesOf } from "./fleet/row.ts";
import { measure } from "./measure.ts";
import { drawRun } from "./picture.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { formatComparison, formatFleet, formatRows, formatTotals, type Report } from "./table.ts";
import { missesOf } from "./targets.ts";

/** The scenario of the picture, and the part of it that is shown. */
const PICTURE = { name: "all down, back as second, third, first", from: 30, to: 390 };

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seeds: { type: "string", default: "20" },
    write: { type: "string" },
    check: { type: "boolean", default: false },
    /** The port of a Redis that a fleet shares. */
    redis: { type: "string" },
    processes: { type: "string", default: "8" },
  },
});
const seeds = Number(values.seeds);
const scenarios = SCENARIOS.filter(({ name }) => values.only === undefined || name.includes(values.only));
if (scenarios.length === 0 || !(seeds > 0)) {
  console.error(`no scenario is called "${values.only}", or ${values.seeds} is no number of seeds`);
  process.exit(2);
}

const start = performance.now();
if (values.redis === undefined) await compareContestants();
else await compareFleet({ port: Number(values.redis), processes: Number(values.processes), seeds });

function tell({ scenario }: { readonly scenario: string }): void {
  console.error(`${((performance.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${scenario}`);
}

async function compareContestants(): Promise<void> {
  const rows = await measure(scenarios, seeds, tell);
  console.log(`${formatRows(rows)}\n\n${formatTotals(rows)}`);
  if (values.only !== undefined) console.log(`\n${formatComparison(rows)}`);
  if (values.write !== undefined) await write(values.write, { seeds, rows: rows.map(rounded) });
  if (values.check) check(missesOf(rows).map(({ where, what }) => `${where}: ${what}`));
}

async function compareFleet(options: Parameters<typeof measureFleet>[1]): Promise<void> {
  const report = await measureFleet(scenarios, options, tell);
  console.log(formatFleet(report));
  if (values.write !== undefined) save(values.write, "fleet.json", rounded(report));
  if (values.check) check(report.rows.flatMap(fleetMissesOf));
}

function save(folder: string, name: string, report: object): void {
  writeFileSync(join(folder, name), `${JSON.stringify(report, undefined, 2)}\n`);
}

async function write(folder: string, report: Report): Promise<void> {
  save(folder, "health.json", report);
  const scenario = SCENARIOS.find(({ name }) => name === PICTURE.name);
  const [contestant] = CONTESTANTS;
  if (scenario === undefined || contestant === undefined) return;
  const log = await run(scenario, contestant, 0);
  writeFileSync(join(folder, "health.svg"), drawRun(log, { title: scenario.about, ...PICTURE }));
}

/** Digits that say nothing would change with every run. */
function rounded<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (key, one) =>
      typeof one === "number"
        ? key.startsWith("p")
          ? Math.round(100 * one) / 100
          : Math.round(10 * one) / 10
        : one,
    ),
  );
}

function check(misses: readonly string[]): void {
  console.log(misses.length === 0 ? "\nevery target is met" : `\n${misses.length} targets are missed:`);
  for (const miss of misses) console.log(`  ${miss}`);
  if (misses.length > 0) process.exitCode = 1;
}
