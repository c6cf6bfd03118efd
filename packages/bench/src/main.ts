import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Upstream } from "./bench.ts";
import { startChild } from "./child-process.ts";
import type { Figure } from "./figure.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { runSuite } from "./suite-run.ts";
import { SUITES } from "./suites/index.ts";
import { formatTables } from "./table.ts";

const options = readOptions();
const upstream = await startChild<Upstream>("./upstream/process.js", 1);
const figures: Figure[] = [];
try {
  for (const suite of SUITES) {
    const { all, only, rounds, peers } = options;
    if (only.length > 0 ? !only.includes(suite.name) : !(all || suite.short)) continue;
    const start = performance.now();
    const measured = await runSuite({ name: suite.name, upstream: upstream.message, rounds, all, peers });
    figures.push(...measured);
    console.log(`\n${formatTables(measured)}`);
    console.error(`${suite.name}: ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  }
} finally {
  await upstream.close();
}
if (options.json !== "") {
  const machine = { node: process.version, cores: cpus().length };
  const { all, rounds } = options;
  writeFileSync(options.json, `${JSON.stringify({ machine, all, rounds, figures }, undefined, 2)}\n`);
}

function readOptions(): Options {
  try {
    return parseOptions(
      process.argv.slice(2),
      SUITES.map(({ name }) => name),
    );
  } catch (error) {
    console.error(`${(error as Error).message}; ${USAGE}`);
    process.exit(2);
  }
}
