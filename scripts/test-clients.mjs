import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeBinary } from "./node-binary.mjs";
import { npmInstall } from "./npm-install.mjs";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const FOLDER = join(ROOT, "scripts/clients");
const STAMP = join(FOLDER, "node_modules/.fallthrough-setup");

// the newest releases start on newer versions of Node.js than the workspace's own do
const [option, version] = process.argv.slice(2);
if (version === undefined || option !== "--on-node") {
  console.error("usage: node scripts/test-clients.mjs --on-node version");
  process.exit(2);
}

prepare({ build: ["@fallthrough/gateway...", "@fallthrough/provider-openai...", "@fallthrough/testkit..."] });
install();
const { status } = spawnSync(nodeBinary(version), [join(FOLDER, "run.mjs")], {
  cwd: ROOT,
  env: TOOL_ENVIRONMENT,
  stdio: "inherit",
});
process.exitCode = status === 0 ? 0 : 1;

/** Installs what the lockfile names, apart from the workspace, unless that is done. */
function install() {
  const lock = readFileSync(join(FOLDER, "package-lock.json"), "utf8");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;

  // the engines are for the Node.js that runs the tests, not for the one that runs npm
  npmInstall(["ci", "--prefix", FOLDER, "--ignore-scripts"], { cwd: FOLDER });
  writeFileSync(STAMP, lock);
}
