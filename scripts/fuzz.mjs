import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "./setup.mjs";
import { packageFolders, ROOT, TOOL_ENVIRONMENT } from "./workspace.mjs";

// the first argument is how many seconds all properties together are tried; the others are parts of the names of their files
const [seconds, ...wanted] = process.argv.slice(2);
const total = Number(seconds ?? 60) * 1_000;
if (!(total > 0)) {
  console.error("usage: npm run fuzz [-- seconds [files]]");
  process.exit(2);
}

prepare();
const files = propertyFiles();
const properties = files.flatMap((file) => readFileSync(join(ROOT, file), "utf8").match(/^test\(/gm) ?? []);
const each = Math.ceil(total / properties.length);
console.log(
  `trying ${properties.length} properties for ${(each / 1_000).toFixed(1)} s each, with fresh values`,
);

const { status } = spawnSync(
  process.execPath,
  // one after the other, so that each has its whole time
  [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--no-file-parallelism", ...files],
  { cwd: ROOT, env: { ...TOOL_ENVIRONMENT, FALLTHROUGH_FUZZ_MS: String(each) }, stdio: "inherit" },
);
process.exitCode = status === 0 ? 0 : 1;

/** The property files of all packages and of the workspace, relative to it. */
function propertyFiles() {
  const folders = [...packageFolders(), "."].map((folder) => `${folder}/test/properties`);
  return folders
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`))
    .filter((file) => file.endsWith(".test.ts"))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
}
