import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { nodeBinary } from "./node-binary.mjs";
import { npmInstall } from "./npm-install.mjs";
import { prepare } from "./setup.mjs";
import { ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

const FOLDER = join(ROOT, "scripts/agents");
const STAMP = join(FOLDER, "node_modules/.fallthrough-setup");

// most agents start on newer versions of Node.js than the workspace's own do
const [option, version, ...names] = process.argv.slice(2);
if (version === undefined || option !== "--on-node") {
  console.error("usage: node scripts/test-agents.mjs --on-node version [test name]");
  process.exit(2);
}

prepare({ build: ["fallthrough...", "@fallthrough/provider-openai..."] });
install();
const programs = [join(FOLDER, "node_modules/.bin"), dirname(nodeBinary(version))];
const { status } = spawnSync(process.execPath, [join(FOLDER, "run.mjs"), ...names], {
  cwd: ROOT,
  env: { ...TOOL_ENVIRONMENT, AGENTS_PATH: [...programs, process.env["PATH"]].join(delimiter) },
  stdio: "inherit",
});
process.exitCode = status === 0 ? 0 : 1;

/** Installs what the lockfile names, apart from the workspace, unless that is done. */
function install() {
  const lock = readFileSync(join(FOLDER, "package-lock.json"), "utf8");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;

  // not `npm ci`, because the lockfile may lack the binaries of other platforms
  npmInstall(["install", "--prefix", FOLDER, "--no-save", "--ignore-scripts"], { cwd: FOLDER });
  // their binaries are packages of their own, which these scripts put in their place
  for (const script of ["@anthropic-ai/claude-code/install.cjs", "opencode-ai/postinstall.mjs"]) {
    const { status, stderr } = spawnSync(process.execPath, [join(FOLDER, "node_modules", script)], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  }
  writeFileSync(STAMP, lock);
}
