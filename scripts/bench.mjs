import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { nodeBinary } from "./node-binary.mjs";
import { npmInstall } from "./npm-install.mjs";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const NODE = "24.21.0";
const TASKSET = "/usr/bin/taskset";
const PEERS = join(ROOT, "packages/bench/peers");
const RESULT = ".results/bench.json";
/** What `docs/performance.md` shows. */
const SHOWN = "docs/performance.json";

const args = process.argv.slice(2);
const write = args.includes("--write");
if (write && args.includes("--only")) {
  console.error("`--write` shows a whole set, so it cannot go with `--only`");
  process.exit(2);
}

prepare({ build: ["@fallthrough/bench..."] });
if (!args.includes("--no-peers")) installPeers();
mkdirSync(join(ROOT, ".results"), { recursive: true });
run(["--json", join(ROOT, RESULT), ...args.filter((argument) => argument !== "--write")]);
if (write) {
  copyFileSync(join(ROOT, RESULT), join(ROOT, SHOWN));
  spawnSync(process.execPath, ["scripts/snippets.mjs"], { cwd: ROOT, stdio: "inherit" });
}

/** The other clients stand apart from the workspace, so that none of them can reach a user. */
function installPeers() {
  const installed = join(PEERS, "node_modules/.package-lock.json");
  const wanted = join(PEERS, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs) return;
  process.stderr.write("installing the clients to compare with ...\n");
  npmInstall(["ci", "--ignore-scripts"], { cwd: PEERS });
}

/** @param {readonly string[]} arguments_ */
function run(arguments_) {
  const command = [nodeBinary(NODE), join(ROOT, "packages/bench/dist/main.js"), ...arguments_];
  // clients stay on one core, so that what they talk to has the other
  const [program = "", ...rest] =
    existsSync(TASKSET) && cpus().length > 1 ? [TASKSET, "-c", "0", ...command] : command;
  const { status } = spawnSync(program, rest, { cwd: ROOT, env: TOOL_ENVIRONMENT, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
