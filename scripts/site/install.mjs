import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmInstall } from "../npm-install.mjs";
import { SITE } from "./tools.mjs";

const STAMP = join(SITE, "node_modules/.fallthrough-setup");

/** Installs what the site's lockfile names, apart from the workspace, unless that is done. */
export function installSite() {
  const lock = readFileSync(join(SITE, "package-lock.json"), "utf8");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;

  // not `npm ci`, because the lockfile may lack the binaries of other platforms
  npmInstall(["install", "--no-save", "--ignore-scripts"], { cwd: SITE });
  writeFileSync(STAMP, lock);
}
