import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
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

console.log(`\n${countsLine()}`);
for (const line of notRun) console.log(`not run: ${line}`);
process.exitCode = status === 0 ? 0 : 1;

function countsLine() {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = readReport();
  // a file that cannot be imported holds no test that could fail
  const brokenFiles = testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
  );
  // an unhandled rejection fails the run, though every test passed
  const failed = numFailedTests + brokenFiles.length || (status === 0 ? 0 : 1);
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** @returns {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, testResults: { status: string, assertionResults: { status: string }[] }[] }} */
function readReport() {
  try {
    return readJson(report);
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
