import { importsOf, resolveImport, sourcePaths } from "./sources.mjs";
import { packageFolders } from "./workspace.mjs";

// no file of a package imports itself by way of others, type imports included: a circle has no first file to read
for (const folder of packageFolders().filter((name) => name.startsWith("packages/"))) {
  for (const circle of circlesOf(folder)) {
    console.error(`circle of imports: ${circle.join(" -> ")}`);
    process.exitCode = 1;
  }
}

/** One circle for each file at which the search comes back to its own path. @param {string} folder */
function circlesOf(folder) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[][]} */
  const circles = [];
  /** @param {string} path @param {readonly string[]} way */
  const visit = (path, way) => {
    const start = way.indexOf(path);
    if (start >= 0) circles.push([...way.slice(start), path]);
    if (start >= 0 || done.has(path)) return;
    for (const specifier of importsOf(path)) {
      const target = resolveImport(path, specifier);
      if (target?.startsWith(`${folder}/src/`) && target.endsWith(".ts")) visit(target, [...way, path]);
    }
    done.add(path);
  };
  for (const path of sourcePaths(folder)) visit(path, []);
  return circles;
}
