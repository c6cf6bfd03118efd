import { join } from "node:path";
import { createVitest } from "vitest/node";
import { ROOT } from "../workspace.mjs";

const folder = join(ROOT, "packages/cli/test/agents");
const vitest = await createVitest("test", {
  root: folder,
  config: false,
  watch: false,
  // only the tests of this name, where one is given
  testNamePattern: process.argv[2] ?? "",
  include: ["agents.suite.ts"],
  // each of these programs wants a core of its own
  maxConcurrency: 1,
});
const { testModules, unhandledErrors } = await vitest.start();
await vitest.close();

const tests = testModules.flatMap((module) => [...module.children.allTests()]);
const passed = tests.filter((test) => test.result().state === "passed").length;
const left = tests.filter((test) => test.result().state === "skipped").length;
const broken = testModules.filter((module) => module.errors().length > 0).length;
const failed =
  tests.length - passed - left + broken + unhandledErrors.length + (testModules.length === 1 ? 0 : 1);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
