import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
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
  "nginx-light": { program: "nginx", without: "no answer goes through a real nginx" },
  prometheus: { program: "promtool", without: "metrics and alerts are not read by Prometheus' own checker" },
  "redis-server": { program: "redis-server", without: "health is not shared through a real Redis" },
  systemd: { program: "systemd-analyze", without: "the unit of the service is not read by systemd itself" },
  "valkey-server": { program: "valkey-server", without: "health is not shared through a real Valkey" },
};

/** Debian 12 has these in its backports alone, which few machines list. */
const BACKPORTED = ["valkey-server"];
const BACKPORTS =
  "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main";
const SOURCES = "/etc/apt/sources.list";

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
  if (!isRoot || findProgram("apt-get") === undefined) {
    return before.map((name) => lineFor(name, isRoot ? "there is no apt-get" : "only root may install it"));
  }
  process.stderr.write(`installing ${before.join(", ")} from Debian ...\n`);
  const problems = installFromDebian(before);
  return missing().map((name) => lineFor(name, problems.get(name) ?? "its package brings no such program"));
}

/** @param {string} name @param {string} problem */
function lineFor(name, problem) {
  return `${PACKAGES[name]?.without}: ${name} is not installed, and ${problem}`;
}

/** Gives why a package could not be installed, by its name. @param {readonly string[]} names */
function installFromDebian(names) {
  const late = isBookworm() ? BACKPORTED : [];
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-apt-"));
  const sources = join(folder, "sources.list");
  const own = existsSync(SOURCES) ? readFileSync(SOURCES, "utf8") : "";
  writeFileSync(sources, `${own}\n${BACKPORTS}\n`);
  // apart, so that a mirror without backports keeps nothing else away
  const problems = [
    ...install(names.filter((name) => !late.includes(name))),
    ...install(
      names.filter((name) => late.includes(name)),
      ["-o", `Dir::Etc::SourceList=${sources}`],
    ),
  ];
  rmSync(folder, { recursive: true, force: true });
  return new Map(problems);
}

/** @param {readonly string[]} names @param {readonly string[]} options @returns {[name: string, problem: string][]} */
function install(names, options = []) {
  /** @param {readonly string[]} words */
  const run = (...words) =>
    spawnSync("apt-get", [...options, ...words], {
      stdio: "ignore",
      // a mirror that does not answer must not hold the tests back
      timeout: LONGEST_INSTALL_MS,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    }).status === 0;

  if (names.length === 0) return [];
  if (!run("update")) return names.map((name) => [name, "`apt-get update` failed"]);
  // one by one, so that one that is nowhere keeps no other away
  return names.flatMap((name) =>
    run("install", "--yes", "--no-install-recommends", name) ? [] : [[name, "`apt-get install` failed"]],
  );
}

function isBookworm() {
  return (
    existsSync("/etc/os-release") &&
    /^VERSION_CODENAME=bookworm$/m.test(readFileSync("/etc/os-release", "utf8"))
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const line of installSystemPackages()) console.error(line);
}
