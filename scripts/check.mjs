import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

/** @type {readonly (readonly [title: string, command: string, ...args: string[]])[]} */
const CHECKS = [
  ["format and lint", "biome", "check", "--error-on-warnings", "--colors=off"],
  ["conventions", "node", "scripts/conventions.mjs"],
  ["circles of imports", "node", "scripts/import-circles.mjs"],
  ["stations and folders in AGENTS.md", "node", "scripts/agents-page.mjs"],
  ["docstrings", "node", "scripts/docstrings.mjs"],
  ["docs and snippets", "node", "scripts/snippets.mjs", "--check"],
  ["changesets", "node", "scripts/changesets.mjs"],
  ["types of the packages", "turbo", "run", "typecheck", "--output-logs=errors-only", "--continue"],
  ["types of the workspace", "tsc", "-p", "."],
  ["unused code", "knip", "--no-config-hints"],
  ["packed packages", "turbo", "run", "lint:package", "--output-logs=errors-only", "--continue"],
  ["workspace structure", "vitest", "run", "test/workspace.test.ts"],
  ["public declarations", "vitest", "run", "test/api.test.ts"],
  ["files of the packages", "vitest", "run", "test/packed-files.test.ts"],
];

prepare();

let failed = 0;
for (const [title, command, ...args] of CHECKS) {
  const start = performance.now();
  const { status, output } = await run(command, args);
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${seconds} s  ${title}`);
  if (status === 0) continue;
  failed += 1;
  console.log(`${[command, ...args].join(" ")}\n${output}`);
}

console.log(`\n${CHECKS.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...TOOL_ENVIRONMENT, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => resolve({ status: null, output: error.message }));
    child.on("close", (status) => resolve({ status, output }));
  });
}
