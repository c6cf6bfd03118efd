import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFolders, ROOT, readJson, TOOL_ENVIRONMENT } from "./workspace.mjs";

const ENTRY = /^"?([^":]+)"?: (?:patch|minor|major)$/;

const problems = readdirSync(join(ROOT, ".changeset"))
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .flatMap((file) => changesetProblems(file).map((problem) => `.changeset/${file}: ${problem}`));
for (const problem of problems) console.error(problem);

process.exitCode = problems.length === 0 ? statusSinceBase() : 1;

/** @param {string} file */
function changesetProblems(file) {
  const [, entries = "", text = ""] =
    /^---\n([\s\S]*?)\n?---\n([\s\S]*)$/.exec(readFileSync(join(ROOT, ".changeset", file), "utf8")) ?? [];
  const published = new Set(
    packageFolders()
      .map((folder) => readJson(`${folder}/package.json`))
      .filter((manifest) => !manifest.private)
      .map((manifest) => manifest.name),
  );
  return [
    ...(text.trim() === "" ? ["says nothing"] : []),
    ...entries.split("\n").flatMap((entry) => {
      const name = ENTRY.exec(entry)?.[1];
      return name && published.has(name) ? [] : [`\`${entry}\` is not a release of a published package`];
    }),
  ];
}

/** Asks changesets for the packages that changed since `main` without a word about it. */
function statusSinceBase() {
  const head = revision("HEAD");
  // a clone of another branch has no local `main`, a repository without a remote has only that
  const base = ["origin/main", "main"].map(revision).find((commit) => commit !== "" && commit !== head);
  if (!base) return 0;

  const { status, stdout, stderr } = spawnSync("changeset", ["status", `--since=${base}`], {
    cwd: ROOT,
    env: TOOL_ENVIRONMENT,
    encoding: "utf8",
  });
  process.stderr.write(stdout + stderr);
  return status ?? 1;
}

/** The commit that a name stands for, or nothing. @param {string} name */
function revision(name) {
  return spawnSync("git", ["rev-parse", "--verify", "--quiet", name], {
    cwd: ROOT,
    encoding: "utf8",
  }).stdout.trim();
}
