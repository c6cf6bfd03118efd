import assert from "node:assert/strict";
import { createScratchClone } from "./scratch-clone.mjs";
import { prepare } from "./setup.mjs";

const CORE = "@fallthrough/core";
const PROVIDER = "@fallthrough/provider-pizzagpt";

prepare({ build: [] });
const clone = createScratchClone();
let passed = 0;
let failed = 0;

try {
  // what is still unreleased would move along
  clone.changeset("version");
  trial("a patch of one provider moves that provider alone", { [PROVIDER]: "patch" }, (moves) => {
    assert.deepEqual([...moves.keys()], [PROVIDER]);
  });
  trial(
    "a minor of core, before 1.0, moves no provider further than a patch",
    { [CORE]: "minor" },
    (moves) => {
      assert.equal(moves.get(CORE), "minor");
      for (const [name, kind] of moves) if (name !== CORE) assert.equal(kind, "patch", name);
    },
  );
  for (const { path, ...manifest } of clone.manifests().values()) {
    clone.write(path, `${JSON.stringify({ ...manifest, version: "1.0.0" }, undefined, 2)}\n`);
  }
  trial("a minor of core, from 1.0 on, moves core alone", { [CORE]: "minor" }, (moves) => {
    assert.deepEqual([...moves], [[CORE, "minor"]]);
  });
} finally {
  clone.remove();
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/**
 * Releases a changeset in the clone, and hands over how far each package moved.
 *
 * @param {string} title
 * @param {Readonly<Record<string, "patch" | "minor" | "major">>} releases
 * @param {(moves: ReadonlyMap<string, string>) => void} check
 */
function trial(title, releases, check) {
  clone.keep();
  const before = clone.manifests();
  const lines = Object.entries(releases).map(([name, kind]) => `"${name}": ${kind}\n`);
  clone.write(".changeset/trial.md", `---\n${lines.join("")}---\n\nA trial.\n`);
  clone.changeset("version");
  const moves = new Map(
    [...clone.manifests()].flatMap(([name, { version }]) => {
      const kind = moveOf(before.get(name)?.version ?? "0.0.0", version);
      return kind === undefined ? [] : [/** @type {const} */ ([name, kind])];
    }),
  );
  clone.reset();

  const shown = [...moves].map(([name, kind]) => `${name} ${kind}`).join(", ");
  try {
    check(moves);
    passed += 1;
    console.log(`ok    ${title}: ${shown}`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${title}: ${shown}\n${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} before @param {string} after */
function moveOf(before, after) {
  const [major, minor, patch] = before.split(".");
  const [newMajor, newMinor, newPatch] = after.split(".");
  if (major !== newMajor) return "major";
  if (minor !== newMinor) return "minor";
  return patch === newPatch ? undefined : "patch";
}
