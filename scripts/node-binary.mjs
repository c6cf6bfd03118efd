import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./workspace.mjs";

/**
 * Path of a Node.js binary of that exact version, fetched once from the npm registry.
 *
 * @param {string} version
 */
export function nodeBinary(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(ROOT, ".cache", `node-${version}`);
  const binary = join(folder, "node_modules", name, "bin/node");
  if (existsSync(binary)) return binary;

  const { status, stderr } = spawnSync(
    "npm",
    ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `${name}@${version}`],
    { encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] },
  );
  if (status !== 0) throw new Error(`npm install of \`${name}@${version}\` ended with ${status}: ${stderr}`);
  return binary;
}
