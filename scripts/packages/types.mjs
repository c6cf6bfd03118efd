import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { publicFolders, readJson } from "../workspace.mjs";
import { run } from "./tools.mjs";

/** The oldest that docs/versions.md names, and the newest there is. */
export const TYPESCRIPTS = ["~5.5.0", "7.0.2"];
/** Its types are those of vitest, which need those of Node.js. */
const TESTKIT = "@fallthrough/testkit";

/**
 * Compiles an application that uses every door of every package, with each declaration checked.
 *
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 * @param {string} typescript
 */
export async function tryTypes(layout, place, typescript) {
  const { application: cwd, env } = place;
  const packages = publicFolders()
    .map((folder) => readJson(`${folder}/package.json`))
    .filter(({ name }) => name !== TESTKIT);
  const doors = packages.flatMap(({ name, exports = {} }) =>
    Object.keys(exports)
      .filter((door) => exports[door].types !== undefined)
      .map((door) => name + door.slice(1)),
  );
  /** What the READMEs tell to install beside a package: its declarations name the types of its peers. */
  const peers = Object.assign({}, ...packages.map(({ peerDependencies }) => peerDependencies));
  const names = [...new Set(doors.map((door) => door.split("/").slice(0, 2).join("/")))];
  writeFileSync(
    join(cwd, "package.json"),
    JSON.stringify({
      name: "application",
      private: true,
      type: "module",
      dependencies: {
        ...peers,
        ...Object.fromEntries(names.map((name) => [name, "*"])),
        typescript,
      },
    }),
  );
  const compilerOptions = { module: "nodenext", target: "es2022", strict: true, noEmit: true, types: [] };
  writeFileSync(
    join(cwd, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, exactOptionalPropertyTypes: true, skipLibCheck: false },
      files: ["main.ts"],
    }),
  );
  writeFileSync(
    join(cwd, "main.ts"),
    doors.map((door, index) => `export * as door${index} from ${JSON.stringify(door)};\n`).join(""),
  );
  await layout.install(place);
  const used = await run("npx", ["--no-install", "tsc", "--project", ".", "--listFiles"], { cwd, env });

  assert.ok(doors.length > 10, "the doors were found");
  assert.ok(!used.includes("@types/node"), "the types of Node.js are not there");
}
