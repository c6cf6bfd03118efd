import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import { nodeBinary } from "./node-binary.mjs";
import { prepare } from "./setup.mjs";
import { installSystemPackages } from "./system-packages.mjs";
import { ROOT, readJson, TOOL_ENVIRONMENT } from "./workspace.mjs";

// `--on-node <version>` comes first and names another Node.js to test on; all else is vitest's
const args = process.argv.slice(2);
const version = args[0] === "--on-node" ? args.splice(0, 2)[1] : undefined;

prepare();
const notRun = installSystemPackages();
const report = `.results/node-${version ?? process.versions.node}.json`;
rmSync(join(ROOT, report), { force: true });

const { status } = spawnSync(
  version ? nodeBinary(version) : process.execPath,
  [
    join(ROOT, "node_modules/vitest/vitest.mjs"),
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...args,
  ],
  { cwd: ROOT, env: TOOL_ENVIRONMENT, stdio: "inherit" },
);

const { counts, failures } = readOutcome();
console.log("");
for (const failure of failures) console.log(`failed: ${failure}`);
console.log(counts);
for (const line of notRun) console.log(`not run: ${line}`);
process.exitCode = status === 0 ? 0 : 1;

/** What the report counts, and one line for each failure: whoever has only the end of the output reads there what failed. */
function readOutcome() {
  const { numPassedTests, numPendingTests, numTodoTests, testResults } = readReport();
  const failures = testResults.flatMap((file) => {
    const name = relative(ROOT, file.name);
    const failed = file.assertionResults.filter(({ status }) => status === "failed");
    // a file that cannot be imported holds no test that could fail
    if (failed.length === 0) return file.status === "failed" ? [`${name}: ${firstLine(file.message)}`] : [];
    return failed.map(
      ({ fullName, failureMessages }) => `${name} > ${fullName}: ${firstLine(failureMessages[0])}`,
    );
  });
  // an unhandled rejection fails the run, though every test passed
  const failed = failures.length || (status === 0 ? 0 : 1);
  const skipped = numPendingTests + numTodoTests;
  return {
    counts: `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
    failures,
  };
}

/** @param {string | undefined} text */
function firstLine(text = "") {
  return /^.{0,300}/.exec(text)?.[0];
}

/**
 * @typedef {{ name: string, status: string, message: string, assertionResults: { status: string, fullName: string, failureMessages: string[] }[] }} TestFile
 */

/** @returns {{ numPassedTests: number, numPendingTests: number, numTodoTests: number, testResults: TestFile[] }} */
function readReport() {
  try {
    return readJson(report);
  } catch {
    return { numPassedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
