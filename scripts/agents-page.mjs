import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { parseSource } from "./sources.mjs";
import { ROOT } from "./workspace.mjs";

/** A delta passes at most so many stations. */
const MOST_STATIONS = 8;
/** Folders that hold one idea each, with a sentence in the page. */
const HOUSES = ["packages/core/src", "packages/registry/src"];

const page = readFileSync(join(ROOT, "AGENTS.md"), "utf8");
const problems = [...stationProblems(), ...HOUSES.flatMap(folderProblems)];
for (const problem of problems) console.error(`AGENTS.md: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Each station is numbered, and its file declares what the page names. */
function stationProblems() {
  const stations = [...page.matchAll(/^(\d+)\. `(\w+)` — (packages\/\S+\.ts)$/gm)];
  if (stations.length === 0 || stations.length > MOST_STATIONS) {
    return [`names ${stations.length} stations of a delta, expected 1 to ${MOST_STATIONS}`];
  }
  return stations.flatMap(([, number, name = "", path = ""], index) => {
    if (Number(number) !== index + 1) return [`station ${number} stands at place ${index + 1}`];
    if (!existsSync(join(ROOT, path))) return [`station ${number} names ${path}, which does not exist`];
    return declares(path, name) ? [] : [`${path} declares no \`${name}\``];
  });
}

/** @param {string} house */
function folderProblems(house) {
  const named = [...page.matchAll(/^- `(packages\/\S+?)\/` — .+\.$/gm)]
    .map(([, folder = ""]) => folder)
    .filter((folder) => folder.startsWith(`${house}/`));
  const there = foldersBelow(house);
  return [
    ...there.filter((folder) => !named.includes(folder)).map((folder) => `has no sentence for ${folder}/`),
    ...named
      .filter((folder) => !there.includes(folder))
      .map((folder) => `describes ${folder}/, which does not exist`),
  ];
}

/** @param {string} folder @returns {string[]} folders that hold source files, at any depth */
function foldersBelow(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      const hasFiles = readdirSync(join(ROOT, path)).some((name) => name.endsWith(".ts"));
      return [...(hasFiles ? [path] : []), ...foldersBelow(path)];
    });
}

/** @param {string} path @param {string} name */
function declares(path, name) {
  /** @param {ts.Node} node @returns {boolean} */
  const visit = (node) =>
    ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node) || ts.isMethodDeclaration(node)) &&
      node.name?.getText() === name) ||
    ts.forEachChild(node, (child) => visit(child) || undefined) === true;
  return visit(parseSource(path));
}
