import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unfitForSharing } from "./shared-process.mjs";
import { sourcePaths } from "./sources.mjs";
import { publicFolders, ROOT } from "./workspace.mjs";

/** What no tracked file may hold, as extended regular expressions for `git grep`. */
const CONVENTIONS = [
  {
    rule: "no path of a machine",
    pattern: "(^|[^A-Za-z0-9_.)}*-])/(home|Users|root|work|workspace|tmp)/[A-Za-z0-9_.-]",
    paths: ["."],
  },
  {
    rule: "no address of a package registry in a lockfile",
    pattern: `(tarball|resolved|registry)"?: *['"]?https?:`,
    paths: ["pnpm-lock.yaml", "pnpm-workspace.yaml", "*package-lock.json"],
  },
  {
    rule: "no skipped, focused or postponed test",
    pattern: String.raw`\b(test|it|describe)\.(skip|only|todo|fails)\b`,
    paths: ["*.test.ts"],
  },
  {
    rule: "no hook beside the tests' own file: where files share a process, it runs for the first of them alone",
    pattern: String.raw`^(before|after)(Each|All)\(`,
    paths: ["*.ts", ":!*.test.ts", ":!*.suite.ts", ":!test/leftovers.ts"],
  },
  {
    rule: "no note to do something later: file an issue",
    pattern: String.raw`\b(TO[D]O|FIX[M]E|XX[X])\b`,
    paths: ["*.ts", "*.mjs", "*.md"],
  },
  {
    rule: "no switched-off type check",
    pattern: "@ts-(ignor[e]|nochec[k])",
    paths: ["*.ts", "*.mjs"],
  },
];

/** Commands speak to a person at a shell, and write what they are asked to. */
const COMMANDS = ["packages/cli", "packages/create-provider"];
/** Plays servers with its own certificates and judges providers. It is no part of a program that asks. */
const TESTS_OTHERS = "packages/testkit";

/** What the code of the published packages never holds, and the packages that are exempt. */
const SHIPPED_CODE = [
  {
    rule: "a package checks every certificate",
    pattern: /rejectUnauthorized(?!: true\b)|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity/,
    exempt: [TESTS_OTHERS],
  },
  {
    // a client of Redis has a method of that name, which runs a script on the server
    rule: "a package runs no text as code",
    pattern: /\beval\s*\(|\bnew Function\b|\bFunction\s*\(|["'](?:node:)?vm["']/,
    exempt: ["packages/health-redis"],
  },
  {
    rule: "a package leaves the dispatcher of the whole process alone",
    pattern: /setGlobalDispatcher|globalDispatcher/,
    exempt: [],
  },
  {
    rule: "a package starts no other program",
    pattern: /["'](?:node:)?child_process["']|["'](?:node:)?worker_threads["']/,
    // `fallthrough run codex`
    exempt: ["packages/cli"],
  },
  {
    rule: "a package prints and logs nothing",
    pattern: /\bconsole\.|process\.std(?:out|err)|\bdebuglog\b/,
    exempt: [...COMMANDS, TESTS_OTHERS],
  },
  {
    rule: "a package tells nobody of calls but the registry, whose events hold no content",
    pattern: /diagnostics_channel/,
    // which listens to what the registry tells
    exempt: ["packages/registry", "packages/telemetry", TESTS_OTHERS],
  },
  {
    rule: "a package writes no file, but for the health store that is in one",
    pattern: /\b(?:write|append|rename|copy)File|createWriteStream|\bmkdir|\brmSync\b/,
    exempt: [...COMMANDS, "packages/registry/src/health/file-store.ts"],
  },
];

/** A pause of fixed length; a line with a loop looks for something meanwhile. */
const SLEEP = /^(?!.*\b(?:for|while) \().*(?:\bdelay\([\d_]+[,)]|\bsetTimeout\((?:resolve|done), [\d_]+\))/;

/** Recorded bodies are kept as they came. */
const EXCLUDED = [":!*/fixtures/*", ":!pnpm-lock.yaml"];

for (const { rule, pattern, paths } of CONVENTIONS) {
  const excluded = paths.includes("pnpm-lock.yaml") ? [] : EXCLUDED;
  const { status, stdout, stderr } = spawnSync(
    "git",
    ["grep", "--untracked", "-nIE", "-e", pattern, "--", ...paths, ...excluded],
    { cwd: ROOT, encoding: "utf8" },
  );
  // git grep ends with 1 when it found nothing
  if (status !== 1) report(rule, [`${stdout}${stderr}`.trimEnd()]);
}

const packages = publicFolders().filter((folder) => folder.startsWith("packages/"));
for (const { rule, pattern, exempt } of SHIPPED_CODE) {
  const paths = packages
    .filter((folder) => !exempt.includes(folder))
    .flatMap(sourcePaths)
    .filter((path) => !exempt.includes(path));
  report(
    rule,
    paths.filter((path) => pattern.test(withoutComments(read(path)))),
  );
}

report(
  "a pause of fixed length has its reason beside it, on the same line or the one before",
  testPaths().flatMap(unexplainedSleeps),
);

report(
  "such a file of tests needs a process for itself: name it *.alone.test.ts",
  unfitForSharing(testPaths()),
);

/** @param {string} rule @param {readonly string[]} offences */
function report(rule, offences) {
  if (offences.length === 0) return;
  console.error(`${rule}:\n${offences.join("\n")}\n`);
  process.exitCode = 1;
}

/** The TypeScript files of all tests, with what they share. @returns {string[]} */
function testPaths() {
  const { stdout } = spawnSync(
    "git",
    ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", "*.ts"],
    { cwd: ROOT, encoding: "utf8" },
  );
  return stdout.split("\n").filter((path) => /(^|\/)test\//.test(path) && existsSync(join(ROOT, path)));
}

/** @param {string} path */
function unexplainedSleeps(path) {
  const lines = read(path).split("\n");
  return lines.flatMap((line, index) => {
    const isExplained = [line, lines[index - 1] ?? ""].some((text) => /\/\/|\*\//.test(text));
    return SLEEP.test(line) && !isExplained ? [`${path}:${index + 1}: ${line.trim()}`] : [];
  });
}

/** @param {string} path */
function read(path) {
  return readFileSync(join(ROOT, path), "utf8");
}

/** @param {string} code */
function withoutComments(code) {
  return code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}
