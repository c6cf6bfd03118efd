import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const ROW = "packages/registry/test/faults/g-soak.slow.test.ts";

// the first argument is how many calls are made; all else is vitest's
const [calls = "10000", ...args] = process.argv.slice(2);
if (!(Number(calls) > 0)) {
  console.error("usage: npm run soak [-- calls [vitest arguments]]");
  process.exit(2);
}

prepare({
  build: ["@fallthrough/registry...", "@fallthrough/testkit...", "@fallthrough/provider-openai..."],
});
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--disableConsoleIntercept", ...args, ROW],
  { cwd: ROOT, env: { ...TOOL_ENVIRONMENT, FALLTHROUGH_SOAK_CALLS: calls }, stdio: "inherit" },
);
process.exitCode = status === 0 ? 0 : 1;
