import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";

const [outputFile, testNamePattern] = process.argv.slice(2);

// as a program of its own: the failures that are wanted here are not those of the tests that want them
const vitest = await startVitest("test", [], {
  root: dirname(fileURLToPath(import.meta.url)),
  config: false,
  include: ["*.suite.ts"],
  watch: false,
  reporters: ["json"],
  outputFile,
  testNamePattern,
});
await vitest.close();
// vitest itself would say that tests failed
process.exit(0);
