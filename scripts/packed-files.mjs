import { spawnSync } from "node:child_process";
import { publicFolders, ROOT, readJson } from "./workspace.mjs";

const ALWAYS = ["LICENSE", "README.md", "package.json"];
/** What the bundler names after its content: a part that entries share, or that is loaded when needed. */
const PART = /^dist\/[\w-]+-[\w-]{8}(?:\.d\.ts|\.js)$/;

/** @typedef {{ name: string, version: string, size: number, files: readonly string[] }} Packed */

/**
 * What npm would pack of every public package, by folder.
 *
 * @returns {ReadonlyMap<string, Packed>}
 */
export function packedPackages() {
  const folders = publicFolders();
  const { status, stdout, stderr } = spawnSync(
    "npm",
    ["pack", "--dry-run", "--json", "--ignore-scripts", ...folders.map((folder) => `./${folder}`)],
    { cwd: ROOT, encoding: "utf8", maxBuffer: Number.POSITIVE_INFINITY },
  );
  if (status !== 0) throw new Error(`npm pack ended with ${status}: ${stderr}`);
  const entries = JSON.parse(stdout);
  /** @type {{ name: string, version: string, size: number, files: { path: string }[] }[]} */
  const listed = Array.isArray(entries) ? entries : Object.values(entries);
  const packed = new Map(listed.map((entry) => [entry.name, entry]));
  return new Map(
    folders.map((folder) => {
      const entry = packed.get(readJson(`${folder}/package.json`).name);
      if (!entry) throw new Error(`npm packed nothing of ${folder}`);
      const files = entry.files.map(({ path }) => path).sort();
      return [folder, { ...entry, files }];
    }),
  );
}

/**
 * What is wrong with the files that are packed of a package.
 *
 * Its manifest says what they must be: the modules of its entries with their types, and what is tracked in the
 * other folders it names.
 *
 * @param {string} folder
 * @param {Packed} packed
 * @returns {readonly string[]}
 */
export function packingProblems(folder, { files }) {
  const expected = expectedFiles(folder);
  return [
    ...expected.filter((file) => !files.includes(file)).map((file) => `lacks \`${file}\``),
    ...files
      .filter((file) => !expected.includes(file) && !PART.test(file))
      .map((file) => `ships \`${file}\`, which nothing asks for`),
  ];
}

/** @param {string} folder @returns {string[]} */
function expectedFiles(folder) {
  const { exports = {}, scripts, files } = readJson(`${folder}/package.json`);
  const entries = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
  const built = [...scripts.build.matchAll(/src\/([\w-]+)\.ts/g)].map(([, name]) => `dist/${name}.js`);
  const tracked = files.filter((/** @type {string} */ name) => name !== "dist").flatMap(trackedFiles(folder));
  return [...new Set([...ALWAYS, ...built, ...entries.map((file) => file.replace(/^\.\//, "")), ...tracked])];
}

/** @param {string} folder @returns {(name: string) => string[]} */
function trackedFiles(folder) {
  return (name) =>
    spawnSync("git", ["-C", folder, "ls-files", "-z", "--", name], { cwd: ROOT, encoding: "utf8" })
      .stdout.split("\0")
      .filter(Boolean);
}
