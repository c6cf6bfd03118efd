import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolders, ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

/** @typedef {ReturnType<typeof createScratchClone>} ScratchClone */

/** A clone of the repository's last commit, where versions can be moved without a trace. */
export function createScratchClone() {
  const folder = mkdtempSync(join(tmpdir(), "fallthrough-clone-"));
  const clone = join(folder, "clone");
  git(ROOT, "clone", "--quiet", "--no-tags", ROOT, clone);
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"), "junction");

  return {
    /** Runs changesets there. @param {readonly string[]} words */
    changeset: (...words) => execute("changeset", words, clone),
    /** Writes a file. @param {string} path @param {string} text */
    write: (path, text) => writeFileSync(join(clone, path), text),
    /** Takes what stands there as the state that `reset` returns to. */
    keep() {
      git(clone, "add", "--all");
      const author = ["-c", "user.name=trial", "-c", "user.email=trial@localhost"];
      git(clone, ...author, "commit", "--quiet", "--allow-empty", "--message", "Trial");
    },
    /** Undoes what was done since `keep`. */
    reset() {
      git(clone, "reset", "--quiet", "--hard");
      git(clone, "clean", "--quiet", "-d", "--force");
    },
    /** The manifests of the public packages, by name. @returns {Map<string, { version: string, path: string }>} */
    manifests() {
      const found = packageFolders(clone).map((path) => {
        const manifest = JSON.parse(readFileSync(join(clone, path, "package.json"), "utf8"));
        return /** @type {const} */ ([manifest.name, { ...manifest, path: `${path}/package.json` }]);
      });
      return new Map(found.filter(([, manifest]) => !manifest.private));
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** @param {string} cwd @param {string[]} words */
function git(cwd, ...words) {
  execute("git", ["-c", "commit.gpgsign=false", ...words], cwd);
}

/** @param {string} command @param {readonly string[]} words @param {string} cwd */
function execute(command, words, cwd) {
  const { status, stdout, stderr } = spawnSync(command, words, {
    cwd,
    env: TOOL_ENVIRONMENT,
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Error(`\`${[command, ...words].join(" ")}\` ended with ${status}:\n${stdout}${stderr}`);
}
