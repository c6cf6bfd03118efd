import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { APPLICATIONS, tryApplication, tryCommand } from "./packages/applications.mjs";
import { tryBundle } from "./packages/bundle.mjs";
import { BUNDLERS, tryBundler, tryNext } from "./packages/bundlers.mjs";
import { tryDoors } from "./packages/doors.mjs";
import { tryGuide, tryReadme } from "./packages/first-steps.mjs";
import { createPlace, LAYOUTS } from "./packages/layouts.mjs";
import { packPackages } from "./packages/pack.mjs";
import { installPrograms, RUNTIMES, startCity, tryPrograms } from "./packages/programs.mjs";
import { tryQuickStart } from "./packages/quick-start.mjs";
import { startRegistry } from "./packages/registry.mjs";
import { RUNNERS, tryRunner, tryShell } from "./packages/runners.mjs";
import { tryScaffold } from "./packages/scaffold.mjs";
import { measure, recordSize } from "./packages/size.mjs";
import { TYPESCRIPTS, tryTypes } from "./packages/types.mjs";
import { prepare } from "./setup.mjs";

const FIXTURES = ["fallthrough-provider-hidden", "fallthrough-provider-example", "library-with-a-plugin"];
const QUESTION = "Why is the sky blue?";
const PUBLISHED_AT_ONCE = 4;
const PUBLISHED = "every public package is packed and published";
const EXAMPLE_ANSWER = "the example answers";

const write = process.argv.includes("--write");
/** Only the steps with one of these words in their title, or all of them. */
const words = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
let passed = 0;
let failed = 0;

prepare();
/** @type {typeof import("../packages/testkit/src/index.ts")} */
const { startUpstreams } = await import(new URL("../packages/testkit/dist/index.js", import.meta.url).href);

const folder = realpathSync(mkdtempSync(join(tmpdir(), "fallthrough-packages-")));
const upstreams = await startUpstreams();
const example = createServer((_, response) => response.end(EXAMPLE_ANSWER)).listen(0, "127.0.0.1");
await once(example, "listening");
const registry = await startRegistry(join(folder, "registry"));
try {
  await step(PUBLISHED, publishAll);
  await (process.argv.includes("--reach") ? tryReach() : tryInstallations());
} finally {
  await Promise.all([registry.close(), upstreams.close(), example.close()]);
  rmSync(folder, { recursive: true, force: true });
}

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** What a user installs, and how. */
async function tryInstallations() {
  for (const [index, layout] of LAYOUTS.entries()) {
    const place = createPlace(layout, join(folder, `layout-${index}`), options());
    for (const application of APPLICATIONS) {
      await step(`${layout.title}: ${application.title}`, async () => {
        await tryApplication(application, layout, place, standIns());
        if (index === 0 && application === APPLICATIONS[0]) reportSize(place.application);
      });
    }
  }
  const [npm] = LAYOUTS;
  await step("the command, installed beside a provider, asks it", () =>
    tryCommand(npm, createPlace(npm, join(folder, "command"), options()), standIns()),
  );
  await step("the six lines of the README answer in an empty folder, within two minutes", () =>
    tryReadme(createPlace(npm, join(folder, "readme"), options()), {
      local: upstreams.openai.baseURL,
      answer: upstreams.answerTo(QUESTION),
    }),
  );
  await step(
    "a provider is written, published and used word for word from the guide, within ten minutes",
    () => tryGuide(createPlace(npm, join(folder, "guide"), options())),
  );
  await step("the three commands of the README give an answer in an empty folder", () =>
    tryQuickStart(createPlace(npm, join(folder, "quick-start"), options()), {
      ...standIns(),
      local: upstreams.openai.baseURL,
    }),
  );
  await step("a bundle of what `fallthrough sync` writes answers in an empty folder", () =>
    tryBundle(npm, createPlace(npm, join(folder, "bundle"), options()), standIns()),
  );
  await step("every door keeps to its budget, and brings nothing that was not asked for", () =>
    tryDoors(npm, createPlace(npm, join(folder, "doors"), options())),
  );
  for (const version of TYPESCRIPTS) {
    await step(`every door compiles under TypeScript ${version}, without the types of Node.js`, () =>
      tryTypes(npm, createPlace(npm, join(folder, `types-${version}`), options()), version),
    );
  }
  await step("the conformance suite runs from a shell, and names one cause", () =>
    tryShell(npm, createPlace(npm, join(folder, "shell"), options())),
  );
  await step(
    "a scaffolded provider builds and passes the conformance suite, offline after its installation",
    () => tryScaffold(createPlace(npm, join(folder, "scaffold"), options())),
  );
}

/** Where that runs, and what it can become. */
async function tryReach() {
  const [npm] = LAYOUTS;
  for (const [index, runner] of RUNNERS.entries()) {
    await step(`the conformance suite runs under ${runner.title}`, () =>
      tryRunner(runner, npm, createPlace(npm, join(folder, `runner-${index}`), options())),
    );
  }
  const place = createPlace(npm, join(folder, "programs"), options());
  const [slow, city] = await Promise.all([startUpstreams(), startCity()]);
  slow.openai.behave("slow");
  const servers = {
    local: upstreams.openai.baseURL,
    slow: slow.openai.baseURL,
    city: city.baseURL,
    answerTo: upstreams.answerTo,
  };
  try {
    await installPrograms(npm, place);
    for (const runtime of RUNTIMES) {
      await step(`ten programs run on ${runtime.title}`, () => tryPrograms(runtime, place, servers));
    }
    for (const [index, bundler] of BUNDLERS.entries()) {
      await step(`one file of ${bundler.title} answers in an empty folder`, () =>
        tryBundler(bundler, npm, createPlace(npm, join(folder, `bundler-${index}`), options()), standIns()),
      );
    }
    await step("what `next build` makes of a route handler answers", () =>
      tryNext(npm, createPlace(npm, join(folder, "next"), options()), standIns()),
    );
  } finally {
    await Promise.all([slow.close(), city.close()]);
  }
}

/** @param {string} title @param {() => Promise<void>} work */
async function step(title, work) {
  if (words.length > 0 && ![PUBLISHED, ...words].some((word) => title.includes(word))) return;
  const start = performance.now();
  /** @type {unknown} */
  let problem;
  try {
    await work();
    passed += 1;
  } catch (error) {
    problem = error;
    failed += 1;
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1).padStart(5);
  console.log(`${problem === undefined ? "ok  " : "FAIL"} ${seconds} s  ${title}`);
  if (problem !== undefined) console.log(problem instanceof Error ? problem.message : problem);
}

async function publishAll() {
  const tarballs = join(folder, "tarballs");
  mkdirSync(tarballs);
  const fixtures = FIXTURES.map((name) =>
    fileURLToPath(new URL(`packages/fixtures/${name}`, import.meta.url)),
  );
  const queue = [...(await packPackages(tarballs)), ...fixtures];
  const publishNext = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await registry.publish(next);
  };
  await Promise.all(Array.from({ length: PUBLISHED_AT_ONCE }, publishNext));
}

function options() {
  return { url: registry.url, caches: join(folder, "caches") };
}

/** @returns {import("./packages/applications.mjs").StandIns} */
function standIns() {
  const { port } = /** @type {import("node:net").AddressInfo} */ (example.address());
  const answer = upstreams.answerTo(QUESTION);
  return {
    question: QUESTION,
    settings: { ...upstreams.settings, example: { baseURL: `http://127.0.0.1:${port}` } },
    answers: { pizzagpt: answer, chatgptfree: answer, example: EXAMPLE_ANSWER },
  };
}

/** @param {string} application */
function reportSize(application) {
  const measured = measure(application);
  console.log(
    `            the smallest application has ${measured.packages} packages and ${measured.bytes} bytes`,
  );
  recordSize(measured, { check: !write });
}
