import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const args = process.argv.slice(2);
// a part of the table is not shown
const whole = !args.some((argument) => /^--(only|seeds)/.test(argument));

prepare({ build: ["@fallthrough/weather..."] });
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, "packages/weather/dist/main.js"), ...(whole ? ["--write", join(ROOT, "docs")] : []), ...args],
  { cwd: ROOT, env: TOOL_ENVIRONMENT, stdio: "inherit" },
);
if (whole) spawnSync(process.execPath, ["scripts/snippets.mjs"], { cwd: ROOT, stdio: "inherit" });
process.exitCode = status ?? 1;
