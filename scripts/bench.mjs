import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { nodeBinary } from "./node-binary.mjs";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const NODE = "24.21.0";
const TASKSET = "/usr/bin/taskset";
const RESULT = ".results/bench.json";

prepare({ build: ["@fallthrough/bench..."] });
mkdirSync(join(ROOT, ".results"), { recursive: true });

const command = [
  nodeBinary(NODE),
  join(ROOT, "packages/bench/dist/main.js"),
  "--json",
  join(ROOT, RESULT),
  ...process.argv.slice(2),
];
// clients stay on one core, so that what they talk to has the other
const [program = "", ...args] =
  existsSync(TASKSET) && availableParallelism() > 1 ? [TASKSET, "-c", "0", ...command] : command;
const { status } = spawnSync(program, args, { cwd: ROOT, env: TOOL_ENVIRONMENT, stdio: "inherit" });
process.exitCode = status ?? 1;
