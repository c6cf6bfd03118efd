import { existsSync } from "node:fs";
import { join } from "node:path";
import { npmInstall } from "./npm-install.mjs";
import { ROOT } from "./workspace.mjs";

/**
 * Path of a Node.js binary of that exact version, fetched once from the npm registry.
 *
 * @param {string} version
 */
export function nodeBinary(version) {
  const windows = process.platform === "win32";
  const name = `node-${windows ? "win" : process.platform}-${process.arch}`;
  const folder = join(ROOT, ".cache", `node-${version}`);
  const binary = join(folder, "node_modules", name, windows ? "bin/node.exe" : "bin/node");
  if (existsSync(binary)) return binary;

  npmInstall(["install", "--prefix", folder, "--no-save", `${name}@${version}`]);
  return binary;
}
