import { existsSync } from "node:fs";
import { join } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { prepare } from "./setup.mjs";
import { ROOT } from "./workspace.mjs";

// a folder below `packages/<name>/src`, as `core/src/reply`; the tests are those of its own package
const [folder = "", ...rest] = process.argv.slice(2);
const [name = "", , ...parts] = folder.replace(/^packages\//, "").split("/");
const sources = `packages/${name}/src/${parts.join("/")}`;
if (rest.length > 0 || parts.length === 0 || !existsSync(join(ROOT, sources))) {
  console.error("usage: npm run mutants -- <package>/src/<folder>, for example core/src/reply");
  process.exit(2);
}

prepare();
process.chdir(ROOT);
const results = await new Stryker({
  mutate: [`${sources}/**/*.ts`],
  testRunner: "vitest",
  plugins: ["@stryker-mutator/vitest-runner"],
  vitest: { dir: `packages/${name}`, configFile: "vitest.config.ts" },
  checkers: [],
  coverageAnalysis: "perTest",
  ignoreStatic: true,
  concurrency: 2,
  // the copy of the workspace needs the links between its packages
  inPlace: false,
  symlinkNodeModules: true,
  ignorePatterns: [".results", ".turbo"],
  tempDirName: ".results/stryker",
  reporters: ["clear-text", "html"],
  htmlReporter: { fileName: `.results/mutants/${name}-${parts.join("-")}.html` },
  clearTextReporter: { allowColor: false, reportTests: false, reportScoreTable: false, skipFull: true },
}).runMutationTest();

const tried = results.filter(({ status }) => status !== "Ignored");
const survivors = tried.filter(({ status }) => status === "Survived" || status === "NoCoverage");
const score = (100 * (tried.length - survivors.length)) / tried.length;
console.log(`${tried.length} mutants, ${survivors.length} not noticed: ${score.toFixed(1)} % are noticed`);
