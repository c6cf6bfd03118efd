import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { publicFolders, readJson } from "../workspace.mjs";
import { writeManifest } from "./applications.mjs";
import { run } from "./tools.mjs";

const BUDGETS = fileURLToPath(new URL("door-budgets.json", import.meta.url));
/** What every application installs: its bytes and its start are paid by all. */
const PAID_BY_ALL = /^(?:core|registry|provider-.+)$/;
/** What an application has only if it asks for it. */
const ASKED_FOR =
  /^(?:@fallthrough\/(?:gateway|health-redis|telemetry|page)|fallthrough|@opentelemetry\/.*|.*redis.*)$/;
/** The quickest of several starts says what the door costs; the others say what else the machine did. */
const STARTS = 3;
const MILLISECONDS =
  "const start = performance.now(); await import(process.argv[1]); console.log(performance.now() - start);";

/**
 * Asserts that each door keeps to its budget: bytes after gzip as one minified file, and milliseconds to import.
 *
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 */
export async function tryDoors(layout, place) {
  const packages = publicFolders()
    .filter((folder) => PAID_BY_ALL.test(basename(folder)))
    .map((folder) => readJson(`${folder}/package.json`));
  const doors = packages.flatMap(({ name, exports }) =>
    Object.keys(exports)
      .filter((door) => exports[door].types !== undefined)
      .map((door) => name + door.slice(1)),
  );
  /** @type {Readonly<Record<string, { gzipBytes: number, importMs: number }>>} */
  const budgets = JSON.parse(readFileSync(BUDGETS, "utf8"));
  assert.deepEqual(Object.keys(budgets), doors, "every door has a budget in door-budgets.json");

  writeManifest(place, [...packages.map(({ name }) => name), "esbuild"]);
  await layout.install(place);
  assertLean(place);
  const bundles = await bundle(doors, place);
  const problems = [];
  for (const [index, [door, { gzipBytes, importMs }]] of Object.entries(budgets).entries()) {
    const bytes = gzipSync(readFileSync(bundles[index] ?? "")).length;
    const ms = await importMsOf(door, place);
    console.log(`            ${door} has ${bytes} bytes and starts in ${ms} ms`);
    if (bytes > gzipBytes) problems.push(`${door} has ${bytes} bytes after gzip, its budget is ${gzipBytes}`);
    if (ms > importMs) problems.push(`${door} takes ${ms} ms to import, its budget is ${importMs}`);
  }
  assert.deepEqual(
    problems,
    [],
    "make the door smaller, or raise its budget in scripts/packages/door-budgets.json and say why",
  );
}

/** An application that asks for neither health-redis, telemetry nor the page installs none of them. @param {import("./layouts.mjs").Place} place */
function assertLean({ application }) {
  const { packages } = JSON.parse(readFileSync(join(application, "node_modules/.package-lock.json"), "utf8"));
  const names = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ""));
  assert.ok(names.includes("@fallthrough/registry"), "the packages were found");
  assert.deepEqual(
    names.filter((name) => ASKED_FOR.test(name)),
    [],
  );
}

/** Bundles each door alone, and gives the paths of the bundles. @param {readonly string[]} doors @param {import("./layouts.mjs").Place} place */
async function bundle(doors, { application: cwd, env }) {
  const names = doors.map((_, index) => `door-${index}`);
  for (const [index, door] of doors.entries()) {
    writeFileSync(join(cwd, `${names[index]}.js`), `export * from ${JSON.stringify(door)};\n`);
  }
  const options = ["--bundle", "--minify", "--platform=node", "--format=esm", "--outdir=doors"];
  const entries = names.map((name) => `${name}.js`);
  await run("node_modules/.bin/esbuild", [...entries, ...options, "--log-level=error"], { cwd, env });
  return names.map((name) => join(cwd, "doors", `${name}.js`));
}

/** @param {string} door @param {import("./layouts.mjs").Place} place */
async function importMsOf(door, { application: cwd, env }) {
  const starts = [];
  for (let start = 0; start < STARTS; start += 1) {
    starts.push(
      Number(
        await run(process.execPath, ["--input-type=module", "--eval", MILLISECONDS, door], { cwd, env }),
      ),
    );
  }
  return Math.round(Math.min(...starts));
}
