import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { convert } from "ast-v8-to-istanbul";
import coverage from "istanbul-lib-coverage";
import { parseAstAsync } from "vitest/node";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

/** Packages whose coverage is kept, and the least that it may be, in per cent. */
const PACKAGES = ["core", "registry", "gateway"];
const LEAST = /** @type {const} */ ({ lines: 97, branches: 95 });

/** Packages whose tests reach the kept ones: their own, and those that start gateways or the command. */
const TESTED = [...PACKAGES, "provider-openai", "cli"];
const RESULTS = join(ROOT, ".results/coverage");

// `--on-node <version>` comes first, as for `npm test`; all else names tests that are run beside those of `TESTED`
const args = process.argv.slice(2);
const onNode = args[0] === "--on-node" ? args.splice(0, 2) : [];
rmSync(RESULTS, { recursive: true, force: true });
const processes = mkdtempSync(join(tmpdir(), "fallthrough-coverage-"));
const { status } = spawnSync(
  process.execPath,
  [
    join(ROOT, "scripts/test.mjs"),
    ...onNode,
    "--project=quick",
    "--project=alone",
    "--coverage.enabled",
    "--coverage.provider=v8",
    `--coverage.include=packages/{${PACKAGES.join(",")}}/src/**/*.ts`,
    // a test that fails on a busy machine hides no figure of the long run
    "--coverage.reportOnFailure",
    "--coverage.reporter=json",
    `--coverage.reportsDirectory=${RESULTS}`,
    ...TESTED.map((name) => `packages/${name}/`),
    ...args,
  ],
  { cwd: ROOT, env: { ...process.env, FALLTHROUGH_CHILD_COVERAGE: processes }, stdio: "inherit" },
);

if (status !== 0) process.exitCode = 1;
const ran = join(RESULTS, "coverage-final.json");
if (existsSync(ran)) {
  const files = JSON.parse(readFileSync(ran, "utf8"));
  for (const built of await childCoverage()) count(built, files);
  report(coverage.createCoverageMap(files));
}
rmSync(processes, { recursive: true });

/**
 * What child processes ran of the built packages, in terms of the sources. The build of a package holds no source
 * map, so each package is built once more with one.
 */
async function childCoverage() {
  // a process tells of every module of Node.js, too, which is far more than all of ours
  const scripts = readdirSync(processes).flatMap((name) =>
    JSON.parse(readFileSync(join(processes, name), "utf8")).result.filter(isBuilt),
  );
  /** @type {import("istanbul-lib-coverage").CoverageMapData[]} */
  const found = [];
  for (const name of PACKAGES) {
    const folder = join(ROOT, "packages", name);
    const output = mkdtempSync(join(folder, "node_modules/.coverage-"));
    const tsup = join(ROOT, "node_modules/tsup/dist/cli-default.js");
    const words = ["--config", "../../tsup.config.ts", "--no-dts", "--sourcemap", "--out-dir", output];
    spawnSync(process.execPath, [tsup, ...words], { cwd: folder, env: TOOL_ENVIRONMENT });
    const dist = join(folder, "dist");
    const builtAs = new Map(scriptsIn(dist).map((file) => [shapeOf(join(dist, file)), file]));
    for (const file of scriptsIn(output)) {
      const code = readFileSync(join(output, file), "utf8");
      const ast = await parseAstAsync(code);
      const sourceMap = JSON.parse(readFileSync(join(output, `${file}.map`), "utf8"));
      sourceMap.sources = sourceMap.sources.map((/** @type {string} */ path) => join(output, path));
      const url = `/packages/${name}/dist/${builtAs.get(shapeOf(join(output, file)))}`;
      for (const script of scripts.filter((entry) => entry.url.endsWith(url))) {
        found.push(
          await convert({
            ast,
            code,
            sourceMap,
            coverage: { ...script, url: pathToFileURL(join(output, file)).href },
          }),
        );
      }
    }
    rmSync(output, { recursive: true });
  }
  return found;
}

/** @param {string} folder */
function scriptsIn(folder) {
  return readdirSync(folder).filter((path) => path.endsWith(".js"));
}

/** What two builds of one file have in common: the names of chunks tell whether there is a source map. @param {string} file */
function shapeOf(file) {
  const code = readFileSync(file, "utf8");
  return code.replace(/-[A-Z0-9]{8}\.js/g, "-.js").replace(/\/\/# sourceMappingURL=.*\n?$/, "");
}

/** @param {{ readonly url: string }} script */
function isBuilt({ url }) {
  return PACKAGES.some((name) => url.includes(`/packages/${name}/dist/`));
}

/**
 * Counts what was run elsewhere as run, and adds nothing that could be missed. The two builds of a file number
 * their parts in different ways, so a part is found by its line.
 *
 * @param {import("istanbul-lib-coverage").CoverageMapData} other
 * @param {Record<string, import("istanbul-lib-coverage").FileCoverageData>} files
 */
function count(other, files) {
  for (const entry of Object.values(other)) {
    const data = "data" in entry ? entry.data : entry;
    const known = files[data.path];
    if (!known) continue;
    const lines = new Set(
      Object.entries(data.statementMap).flatMap(([key, { start }]) => (data.s[key] ? [start.line] : [])),
    );
    for (const [key, { start }] of Object.entries(known.statementMap)) {
      if (lines.has(start.line)) known.s[key] ||= 1;
    }
    const branches = new Map(
      Object.entries(data.branchMap).map(([key, branch]) => [branchKey(branch), data.b[key] ?? []]),
    );
    for (const [key, branch] of Object.entries(known.branchMap)) {
      const counts = branches.get(branchKey(branch));
      known.b[key] = (known.b[key] ?? []).map((hits, index) => hits || (counts?.[index] ?? 0));
    }
  }
}

/** @param {import("istanbul-lib-coverage").BranchMapping} branch */
function branchKey({ type, loc, locations }) {
  return `${type} ${loc.start.line}:${loc.start.column} ${locations.length}`;
}

/** @param {import("istanbul-lib-coverage").CoverageMap} map */
function report(map) {
  for (const name of PACKAGES) {
    const summary = coverage.createCoverageSummary();
    const paths = map.files().filter((path) => path.includes(`/packages/${name}/src/`));
    for (const path of paths) summary.merge(map.fileCoverageFor(path).toSummary());
    const low = /** @type {const} */ (["lines", "branches"]).filter(
      (kind) => summary[kind].pct < LEAST[kind],
    );
    console.log(
      `${low.length === 0 ? "ok  " : "FAIL"} ${name}: ${summary.lines.pct} % of lines, ${summary.branches.pct} % of branches`,
    );
    for (const path of low.length > 0 ? paths : []) {
      const missed = missedPlaces(map.fileCoverageFor(path));
      if (missed.length > 0) console.log(`     ${path.slice(ROOT.length)}: ${missed.join(", ")}`);
    }
    if (low.length > 0) process.exitCode = 1;
  }
}

/** Lines with something that no test runs. @param {import("istanbul-lib-coverage").FileCoverage} file */
function missedPlaces(file) {
  const branches = Object.entries(file.branchMap).flatMap(([key, { loc, locations }]) =>
    // the way past an `if` without `else` has no place of its own
    (file.b[key] ?? []).flatMap((hits, index) =>
      hits ? [] : [locations[index]?.start.line ?? loc.start.line],
    ),
  );
  const lines = [...file.getUncoveredLines().map(Number), ...branches];
  return [...new Set(lines)].sort((left, right) => left - right);
}
