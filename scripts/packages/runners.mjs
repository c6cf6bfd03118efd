import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeBinary } from "../node-binary.mjs";
import { ROOT } from "../workspace.mjs";
import { bun, run } from "./tools.mjs";

const FIXTURE = fileURLToPath(new URL("fixtures/runners", import.meta.url));
const GUIDE = "docs/writing-a-provider.md";
const TEST_FILE = "conformance.test.js";
const FEWEST_PASSED = 80;

/**
 * A test runner that the guide names.
 *
 * @typedef {object} Runner
 * @property {string} title
 * @property {string} row what its row of the guide's table begins with
 * @property {Readonly<Record<string, string>>} dependencies
 * @property {readonly string[]} options what makes it write its report
 * @property {() => readonly [string, ...string[]]} command
 */

const JSON_REPORT = ["--reporter=json", "--outputFile=report"];

/** @type {readonly Runner[]} */
export const RUNNERS = [
  {
    title: "vitest 4",
    row: "vitest 4 and 5",
    dependencies: { vitest: "4.1.12" },
    command: () => [process.execPath, "node_modules/vitest/vitest.mjs", "run"],
    options: JSON_REPORT,
  },
  {
    title: "vitest 5",
    row: "vitest 4 and 5",
    dependencies: { vitest: "5.1.2" },
    // it does not start on older ones
    command: () => [nodeBinary("24.21.0"), "node_modules/vitest/vitest.mjs", "run"],
    options: JSON_REPORT,
  },
  {
    title: "node:test",
    row: "node:test",
    dependencies: {},
    command: () => [process.execPath, "--test"],
    options: ["--test-reporter=junit", "--test-reporter-destination=report", TEST_FILE],
  },
  {
    title: "bun:test",
    row: "bun:test",
    dependencies: {},
    command: () => [bun(), "test"],
    options: ["--reporter=junit", "--reporter-outfile=report", TEST_FILE],
  },
  {
    title: "jest",
    row: "jest",
    dependencies: { jest: "30.5.2", "@jest/globals": "30.5.2" },
    command: () => [process.execPath, "--experimental-vm-modules", "node_modules/jest/bin/jest.js"],
    options: ["--json", "--outputFile=report", "--transform={}", "--testEnvironment=node"],
  },
];

/**
 * Runs the conformance suite of one provider under a runner, with the line that the guide gives for it.
 *
 * @param {Runner} runner
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 */
export async function tryRunner({ row, dependencies, command, options }, layout, place) {
  const { application: cwd, env } = place;
  await installParrot(dependencies, layout, place);
  const suite = readFileSync(join(FIXTURE, "suite.js"), "utf8");
  writeFileSync(join(cwd, TEST_FILE), `${lineOfGuide(row)}\n${suite}`);

  const [program, ...args] = command();
  await run(program, [...args, ...options], { cwd, env });
  const { passed, failed } = readReport(readFileSync(join(cwd, "report"), "utf8"));
  assert.equal(failed, 0);
  assert.ok(passed > FEWEST_PASSED, `${passed} cases passed, expected more than ${FEWEST_PASSED}`);
}

/**
 * Runs the suite without a runner, for the parrot and for one with a defect.
 *
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 */
export async function tryShell(layout, place) {
  const { application: cwd, env } = place;
  await installParrot({}, layout, place);
  const conformance = (/** @type {string} */ module) => {
    const declared = ["tools", "images", "usage"].flatMap((ability) => ["--declare", `${ability}=a parrot`]);
    const args = [module, "--exchange", "reply.raw", "--reply", "Polly wants", ...declared];
    return run("npx", ["--no-install", "fallthrough-conformance", ...args], { cwd, env });
  };

  assert.match(await conformance("./provider.js"), /^\.\/provider\.js passes: /);
  await assert.rejects(
    conformance("./flawed.js"),
    /ended with 1:\n(?:npm .*\n)*\.\/flawed\.js fails: no rejection is left unhandled\n/,
  );
}

/** @param {Readonly<Record<string, string>>} dependencies @param {import("./layouts.mjs").Layout} layout @param {import("./layouts.mjs").Place} place */
async function installParrot(dependencies, layout, place) {
  cpSync(FIXTURE, place.application, { recursive: true });
  const ours = { "@fallthrough/core": "*", "@fallthrough/testkit": "*" };
  const manifest = { private: true, type: "module", dependencies: { ...ours, ...dependencies } };
  writeFileSync(join(place.application, "package.json"), JSON.stringify(manifest));
  await layout.install(place);
}

/** The import in the row of the guide's table. @param {string} runner */
function lineOfGuide(runner) {
  const table = readFileSync(join(ROOT, GUIDE), "utf8");
  const row = table.split("\n").find((line) => line.startsWith(`| ${runner} `)) ?? "";
  const line = /`(import .+;)`/.exec(row)?.[1];
  assert.ok(line, `the guide has a line for ${runner}`);
  return line;
}

/** Of JSON as vitest and jest write it, or of JUnit's XML. @param {string} text */
function readReport(text) {
  if (text.startsWith("{")) {
    const { numPassedTests, numFailedTests } = JSON.parse(text);
    return { passed: numPassedTests, failed: numFailedTests };
  }
  const count = (/** @type {RegExp} */ pattern) => text.match(pattern)?.length ?? 0;
  const failed = count(/<failure/g);
  return { passed: count(/<testcase/g) - count(/<skipped/g) - failed, failed };
}
