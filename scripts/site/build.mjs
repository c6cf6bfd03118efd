import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { TOOL_ENVIRONMENT } from "../workspace.mjs";
import { SITE } from "./tools.mjs";

/** What VitePress prints where all is well; every other line is a warning or a failure. */
const PROGRESS = /^(?:vitepress v.*|[-✓] (?:building|rendering|generating) .*|build complete in .*)?$/;

/** Builds the pages with VitePress, and gives what it had to say beside its progress. */
export function buildPages() {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(SITE, "node_modules/vitepress/bin/vitepress.js"), "build"],
    {
      cwd: SITE,
      env: { ...TOOL_ENVIRONMENT, NO_COLOR: "1" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const complaints = `${stdout}${stderr}`
    .split("\n")
    .map((line) => stripVTControlCharacters(line).trim())
    .filter((line) => !PROGRESS.test(line));
  return [...complaints, ...(status === 0 ? [] : [`vitepress ended with ${status}`])];
}
