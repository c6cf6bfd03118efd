import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest } from "vitest/node";
import { ROOT, readJson } from "../workspace.mjs";

const MANIFEST = fileURLToPath(new URL("package.json", import.meta.url));
const CLIENTS = Object.keys(readJson("scripts/clients/package.json").dependencies);

/**
 * What the tests import of a client is looked up beside the lockfile of the newest, not in the workspace.
 *
 * @type {import("vitest/node").Vite.Plugin}
 */
const newestClients = {
  name: "newest-clients",
  enforce: "pre",
  resolveId(source, _, options) {
    if (!CLIENTS.some((name) => source === name || source.startsWith(`${name}/`))) return null;
    return this.resolve(source, MANIFEST, { ...options, skipSelf: true });
  },
};

const folder = join(ROOT, "packages/gateway/test/clients");
const vitest = await createVitest(
  "test",
  // the first call of a client loads most of it
  { root: folder, config: false, watch: false, include: ["*.{test,suite}.ts"], testTimeout: 30_000 },
  { plugins: [newestClients] },
);
const { testModules, unhandledErrors } = await vitest.start();
await vitest.close();

const tests = testModules.flatMap((module) => [...module.children.allTests()]);
const passed = tests.filter((test) => test.result().state === "passed").length;
const broken = testModules.filter((module) => module.errors().length > 0).length;
const expected = readdirSync(folder).filter((name) => /\.(?:test|suite)\.ts$/.test(name)).length;
const missing = expected - testModules.length;
const failed = tests.length - passed + broken + unhandledErrors.length + missing;
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
