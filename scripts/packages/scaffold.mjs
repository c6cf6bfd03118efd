import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run, runInstall } from "./tools.mjs";

/**
 * Scaffolds a plugin as its author would, and asserts that it builds and passes its own tests.
 *
 * @param {import("./layouts.mjs").Place} place
 */
export async function tryScaffold({ root, env: own }) {
  // the new package has a folder of its own, from which npm does not look further up
  const env = { ...own, npm_config_userconfig: join(root, ".npmrc") };
  const create = ["create", "--yes", "fallthrough-provider", "my-site", "--", "--template", "events"];
  await runInstall("npm", create, { cwd: root, env });

  const cwd = join(root, "my-site");
  await runInstall("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd, env });
  // nothing listens on this port: what asks a registry or a site from here on fails
  const offline = { ...env, npm_config_offline: "true", npm_config_registry: "http://127.0.0.1:9/" };
  await run("npm", ["run", "build"], { cwd, env: offline });
  // to a file, because the suite prints its table of what is supported
  const test = ["--no-install", "vitest", "run", "--reporter=json", "--outputFile=report.json"];
  await run("npx", test, { cwd, env: offline });
  const report = JSON.parse(readFileSync(join(cwd, "report.json"), "utf8"));

  assert.equal(report.numFailedTests, 0);
  assert.ok(report.numPassedTests > 20, "the conformance suite ran");
}
