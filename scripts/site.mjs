import { prepare } from "./setup.mjs";
import { buildPages } from "./site/build.mjs";
import { pageProblems } from "./site/check-pages.mjs";
import { referenceProblems } from "./site/check-reference.mjs";
import { searchProblems } from "./site/check-search.mjs";
import { installSite } from "./site/install.mjs";
import { writeReference } from "./site/reference.mjs";

prepare({ build: ["@fallthrough/registry"] });
installSite();
const written = await writeReference();
const problems = [...referenceProblems(written), ...buildPages()];
if (problems.length === 0) {
  const { POLICY } = await import(new URL("../packages/registry/dist/index.js", import.meta.url).href);
  problems.push(
    ...(await pageProblems()),
    ...(await searchProblems(Object.keys(POLICY).map((code) => [code, `/errors#${code}`]))),
  );
}
for (const problem of problems) console.error(problem);
console.log(`the site is in docs/.vitepress/dist: ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
