import { readdirSync } from "node:fs";
import { join } from "node:path";
import { publicFolders, ROOT, TOOL_ENVIRONMENT } from "../workspace.mjs";
import { run } from "./tools.mjs";

/**
 * Packs every public package as it is published, and gives the paths of the tarballs.
 *
 * @param {string} destination
 */
export async function packPackages(destination) {
  // pnpm, because it alone turns `workspace:` and `catalog:` into versions
  const filters = publicFolders().map((folder) => `--filter=./${folder}`);
  await run("pnpm", ["--recursive", ...filters, "pack", "--pack-destination", destination], {
    cwd: ROOT,
    env: TOOL_ENVIRONMENT,
  });
  const tarballs = readdirSync(destination).filter((name) => name.endsWith(".tgz"));
  if (tarballs.length !== filters.length) {
    throw new Error(`packed ${tarballs.length} packages, expected ${filters.length}`);
  }
  return tarballs.map((name) => join(destination, name));
}
