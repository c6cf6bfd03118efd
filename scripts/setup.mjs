import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageFolders, ROOT, readJson, TOOL_ENVIRONMENT } from "./workspace.mjs";

const STAMP = join(ROOT, "node_modules/.fallthrough-setup");

/**
 * Installs what the lockfile names, unless that is done, and builds packages with what they import.
 * Silent on stdout; a failing step prints its output and ends the process.
 *
 * @param {{ build?: readonly string[] | undefined }} [options] names of the packages to build; all by default
 */
export function prepare({ build } = {}) {
  install();
  if (build?.length !== 0) buildPackages(build ?? []);
}

function install() {
  const inputs = inputHash();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === inputs) return;

  process.stderr.write("installing the workspace's dependencies ...\n");
  // CI: without a terminal pnpm would stop and ask before it replaces a node_modules of another layout
  step("npx", ["--yes", readJson("package.json").packageManager, "install", "--frozen-lockfile"], {
    CI: "true",
  });
  writeFileSync(STAMP, inputs);
}

/** @param {readonly string[]} names */
function buildPackages(names) {
  step(process.execPath, [
    join(ROOT, "node_modules/turbo/bin/turbo"),
    "run",
    "build",
    "--output-logs=errors-only",
    ...names.map((name) => `--filter=${name}`),
  ]);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [environment]
 */
function step(command, args, environment) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: ROOT,
    env: { ...TOOL_ENVIRONMENT, ...environment },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: Number.POSITIVE_INFINITY,
    // on Windows npx is a script of the shell
    shell: command === "npx" && process.platform === "win32",
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}${error ? `${error.message}\n` : ""}`);
  process.stderr.write(`\`${[command, ...args].join(" ").replaceAll(ROOT, "")}\` failed\n`);
  process.exit(status || 1);
}

function inputHash() {
  const manifests = ["", ...packageFolders()].map((folder) => join(folder, "package.json"));
  const hash = createHash("sha256").update(process.platform);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash
      .update(file)
      .update("\0")
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
  }
  return hash.digest("hex");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
