import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { INSTALL_ATTEMPTS, isBrokenConnection, npmInstall } from "../npm-install.mjs";
import { ROOT } from "../workspace.mjs";

/** Newer releases of both start on newer versions of Node.js only. */
const VERDACCIO = {
  dependencies: { verdaccio: "6.4.0" },
  overrides: { "node-fetch": "2.6.7" },
};
const YARN = { dependencies: { "@yarnpkg/cli-dist": "4.18.1" } };

/** Path of the program that starts a package registry; installs it where that was not done yet. */
export function verdaccio() {
  return installTool("verdaccio-6.4.0", VERDACCIO, "verdaccio/bin/verdaccio");
}

/** Path of Yarn 4's program; installs it where that was not done yet. */
export function yarn() {
  return installTool("yarn-4.18.1", YARN, "@yarnpkg/cli-dist/bin/yarn.js");
}

/** Path of Bun; installs it where that was not done yet. */
export function bun() {
  return installTool("bun-1.4.5", { dependencies: { bun: "1.4.5" } }, ".bin/bun", { scripts: true });
}

/** Path of Deno; installs it where that was not done yet. */
export function deno() {
  return installTool("deno-2.9.6", { dependencies: { deno: "2.9.6" } }, ".bin/deno", { scripts: true });
}

/**
 * Apart from the workspace, so that what only this test needs is not in everybody's lockfile.
 *
 * @param {string} name
 * @param {object} manifest
 * @param {string} program
 * @param {{ scripts?: boolean }} [options] `scripts`: it puts its binary in its place by a script of its own
 */
function installTool(name, manifest, program, { scripts = false } = {}) {
  const folder = join(ROOT, ".cache", name);
  const file = join(folder, "node_modules", program);
  if (existsSync(file)) return file;

  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, ...manifest }));
  npmInstall(["install", "--prefix", folder, ...(scripts ? [] : ["--ignore-scripts"])]);
  return file;
}

/**
 * Runs an installation to its end, again where only a connection broke off, and resolves to what it wrote to stdout.
 *
 * @param {Parameters<typeof run>} invocation
 * @returns {Promise<string>}
 */
export async function runInstall(...invocation) {
  for (let attempt = 1; attempt < INSTALL_ATTEMPTS; attempt += 1) {
    try {
      return await run(...invocation);
    } catch (error) {
      if (!(error instanceof Error && isBrokenConnection(error.message))) throw error;
    }
  }
  return run(...invocation);
}

/**
 * Runs a program to its end and resolves to what it wrote to stdout.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>}
 */
export function run(command, args, { cwd, env = process.env }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let everything = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      everything += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      everything += text;
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0) resolve(output);
      else reject(new Error(`\`${[command, ...args].join(" ")}\` ended with ${status}:\n${everything}`));
    });
  });
}
