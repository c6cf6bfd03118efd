import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Programs of the system that tests run, by the package of Debian that brings each.
 *
 * @type {Readonly<Record<string, { readonly program: string, readonly without: string }>>}
 */
const PACKAGES = {
  chromium: { program: "chromium", without: "the page is not tried in a browser" },
  faketime: { program: "faketime", without: "health is not shared by processes whose clocks differ" },
  prometheus: { program: "promtool", without: "the metrics are not read by Prometheus' own checker" },
  "redis-server": { program: "redis-server", without: "health is not shared through a real Redis" },
};

const LONGEST_INSTALL_MS = 300_000;

/** The path of a program, where it is installed. @param {string} name @returns {string | undefined} */
export function findProgram(name) {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Whether a package of the list above is installed. @param {string} name */
export function hasSystemPackage(name) {
  const wanted = PACKAGES[name];
  if (wanted === undefined) throw new Error(`no system package \`${name}\`; known: ${Object.keys(PACKAGES)}`);
  return findProgram(wanted.program) !== undefined;
}

/**
 * Installs what is missing from Debian, where this may be done; gives a line for what does not run, and why.
 *
 * @returns {readonly string[]}
 */
export function installSystemPackages() {
  const missing = () => Object.keys(PACKAGES).filter((name) => !hasSystemPackage(name));
  const before = missing();
  if (before.length === 0) return [];
  const isRoot = process.getuid?.() === 0;
  const canInstall = isRoot && findProgram("apt-get") !== undefined;
  let problem = isRoot ? "there is no apt-get" : "only root may install it";
  if (canInstall) {
    process.stderr.write(`installing ${before.join(", ")} from Debian ...\n`);
    const failed = [["update"], ["install", "--yes", "--no-install-recommends", ...before]].find(
      (words) =>
        spawnSync("apt-get", words, {
          stdio: "ignore",
          // a mirror that does not answer must not hold the tests back
          timeout: LONGEST_INSTALL_MS,
          env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
        }).status !== 0,
    );
    problem = failed === undefined ? "its package brings no such program" : `\`apt-get ${failed[0]}\` failed`;
  }
  return missing().map((name) => `${PACKAGES[name]?.without}: ${name} is not installed, and ${problem}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const line of installSystemPackages()) console.error(line);
}
