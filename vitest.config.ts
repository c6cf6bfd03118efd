import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const PACKAGES = fileURLToPath(new URL("packages/", import.meta.url));

/**
 * Tests import the sources of every package of the workspace, so that no test runs on a stale build.
 * Child processes import `dist`, as users do.
 */
const doors = readdirSync(PACKAGES).flatMap((folder) => {
  const { name, exports = {} } = JSON.parse(readFileSync(`${PACKAGES}${folder}/package.json`, "utf8"));
  return Object.entries<{ default?: string }>(exports).flatMap(([door, { default: built }]) => {
    const file = /^\.\/dist\/(.+)\.js$/.exec(built ?? "")?.[1];
    if (file === undefined) return [];
    return [
      { find: new RegExp(`^${name}${door.slice(1)}$`), replacement: `${PACKAGES}${folder}/src/${file}.ts` },
    ];
  });
});

/** Builds packages, floods servers or starts many programs. `npm test` leaves these out. */
const SLOW = "**/*.slow.test.ts";

/**
 * Change, watch or count what all of a process share: globals, clocks, the environment, timers, sockets, memory.
 * Each has a process for itself, all others of a worker share one. `scripts/shared-process.mjs` tells which they are.
 */
const ALONE = ["**/*.alone.test.ts", "**/conformance.test.ts"];

/** A run of the mutants that was ended leaves its copy of the workspace there. */
const COPIES = ".results/**";

/** Set by `npm run coverage`: the folder where the children of tests write what they ran, but the tests do not. */
const { FALLTHROUGH_CHILD_COVERAGE: childCoverage } = process.env;

export default defineConfig({
  resolve: { alias: doors },
  test: {
    // tests mostly wait for sockets and children, so that vitest's own choice, all cores but one, leaves half of two idle
    maxWorkers: "100%",
    env: {
      // what a test lets the command remember stands in a folder of the test
      FALLTHROUGH_NO_STATE: "1",
      ...(childCoverage ? { NODE_V8_COVERAGE: childCoverage } : {}),
    },
    projects: [
      {
        extends: true,
        test: {
          name: "quick",
          exclude: [...configDefaults.exclude, COPIES, SLOW, ...ALONE],
          isolate: false,
          setupFiles: [fileURLToPath(new URL("test/leftovers.ts", import.meta.url))],
        },
      },
      {
        extends: true,
        test: { name: "alone", include: ALONE, exclude: [...configDefaults.exclude, COPIES] },
      },
      {
        extends: true,
        test: { name: "slow", include: [SLOW], exclude: [...configDefaults.exclude, COPIES] },
      },
    ],
  },
});
