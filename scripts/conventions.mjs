import { spawnSync } from "node:child_process";
import { ROOT } from "./workspace.mjs";

/** What no tracked file may hold, as extended regular expressions for `git grep`. */
const CONVENTIONS = [
  {
    rule: "no path of a machine",
    pattern: "(^|[^A-Za-z0-9_.)}*-])/(home|Users|root|work|workspace|tmp)/[A-Za-z0-9_.-]",
    paths: ["."],
  },
  {
    rule: "no address of a package registry in the lockfile",
    pattern: `(tarball|resolved|registry)"?: *['"]?https?:`,
    paths: ["pnpm-lock.yaml", "pnpm-workspace.yaml", "packages/bench/peers/package-lock.json"],
  },
  {
    rule: "no skipped, focused or postponed test",
    pattern: String.raw`\b(test|it|describe)\.(skip|only|todo|fails)\b`,
    paths: ["*.test.ts"],
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
  if (status === 1) continue;
  console.error(`${rule}:\n${stdout}${stderr}`);
  process.exitCode = 1;
}
