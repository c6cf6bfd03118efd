import { readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the workspace. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

const { PATH = "" } = process.env;

/** Environment of the tools: those of the workspace come first, and none of them reports home. */
export const TOOL_ENVIRONMENT = {
  ...process.env,
  PATH: [join(ROOT, "node_modules/.bin"), PATH].join(delimiter),
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

/** The parsed JSON file at a path relative to the workspace. @param {string} path */
export function readJson(path) {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

/** Relative paths of the folders with a manifest under `packages` and `examples`. @returns {string[]} */
export function packageFolders(root = ROOT) {
  return ["packages", "examples"].flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${parent}/${entry.name}`)
      .filter((folder) => readdirSync(join(root, folder)).includes("package.json"))
      .sort(),
  );
}

/** Relative paths of the folders whose packages are published. @returns {string[]} */
export function publicFolders() {
  return packageFolders().filter((folder) => !readJson(`${folder}/package.json`).private);
}
