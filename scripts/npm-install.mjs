import { spawnSync } from "node:child_process";

/** How often an installation is tried where the connection to the package registry breaks off. */
export const INSTALL_ATTEMPTS = 3;

/** npm repeats a request that fails, but gives up where the answer to one breaks off. */
const BROKEN_CONNECTION =
  /\b(?:ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ERR_SOCKET_TIMEOUT|network aborted|socket hang up|premature close)\b/i;

/** Whether this output of a package manager speaks of a connection and not of what was installed. @param {string} output */
export function isBrokenConnection(output) {
  return BROKEN_CONNECTION.test(output);
}

/**
 * Runs `npm install` or `npm ci` apart from the workspace.
 *
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} [options]
 */
export function npmInstall(args, { cwd } = {}) {
  const all = [...args, "--no-audit", "--no-fund", "--loglevel=error"];
  for (let attempt = 1; ; attempt += 1) {
    const { status, stderr } = spawnSync("npm", all, {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
      // on Windows npm is a script of the shell
      shell: process.platform === "win32",
    });
    if (status === 0) return;
    if (attempt === INSTALL_ATTEMPTS || !isBrokenConnection(stderr)) {
      throw new Error(`\`npm ${args.join(" ")}\` ended with ${status}: ${stderr}`);
    }
  }
}
