import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../workspace.mjs";

/** The folder of the site, which installs its tools apart from the workspace. */
export const SITE = join(ROOT, "docs");

const { resolve } = createRequire(join(SITE, "package.json"));

/** A package that only the site has. @param {string} name @returns {Promise<any>} */
export function importTool(name) {
  return import(pathToFileURL(resolve(name)).href);
}
