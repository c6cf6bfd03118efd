import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { ROOT } from "../workspace.mjs";
import { freePort } from "./registry.mjs";
import { run, runInstall } from "./tools.mjs";

const README_MS = 2 * 60_000;
const GUIDE_MS = 10 * 60_000;
const GUIDE = "docs/writing-a-provider.md";
const PORT_OF_GUIDE = "8123";
const QUESTION = "Pieces of eight!";

/**
 * Follows the first section of the README in an empty folder, and asserts that a local server answers in time.
 *
 * @param {import("./layouts.mjs").Place} place
 * @param {{ local: string, answer: string }} expected
 */
export async function tryReadme({ application: cwd, env }, { local, answer }) {
  const start = performance.now();
  const section = sectionOf("README.md", "## Six lines against a local model");
  const program = blockOf(section, /```js\n/);
  assert.equal(program.trimEnd().split("\n").filter(Boolean).length, 6);

  await runInstall("sh", ["-ec", blockOf(section, /```sh\n/)], { cwd, env });
  writeFileSync(join(cwd, "main.mjs"), program);
  const written = await run(process.execPath, ["main.mjs"], { cwd, env: { ...env, LOCAL_URL: local } });

  assert.equal(written, answer);
  const took = performance.now() - start;
  assert.ok(took < README_MS, `the first answer came after ${Math.round(took)} ms`);
}

/**
 * Follows the guide for authors word for word: server, package, protocol, recording, suite and publication; then an
 * application installs what was published, and asks it.
 *
 * @param {import("./layouts.mjs").Place} place
 */
export async function tryGuide({ root, application: cwd, env: own }) {
  const start = performance.now();
  const port = String(await freePort());
  // npm looks for its settings in the folder of the package only
  const env = { ...own, npm_config_userconfig: join(root, ".npmrc") };
  const section = (/** @type {number} */ number) =>
    sectionOf(GUIDE, `## ${number}. `).replaceAll(PORT_OF_GUIDE, port);
  const shell = (/** @type {string} */ block, /** @type {string} */ folder) =>
    runInstall("sh", ["-ec", block], { cwd: folder, env });

  writeFileSync(join(cwd, "server.js"), blockOf(section(1), /```js\n/));
  const server = spawn(process.execPath, ["server.js"], { cwd, env, stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(server.stdout, "data");
    await shell(blockOf(section(2), /```sh\n/), cwd);
    const home = join(cwd, "parrot");
    const [, before = "", after = ""] = /change `(.+?)` into `(.+?)`/.exec(section(2)) ?? [];
    edit(join(home, "package.json"), before, after);
    for (const text of [section(3), section(5)]) writeSnippets(text, home);
    await shell(blockOf(section(4), /```sh\n/), home);
    await shell("npm run build && npm test", home);
    await shell(blockOf(section(5), /```sh\n/), home);
    edit(join(home, "package.json"), '"unverified"', '"active"');
    await shell(blockOf(section(7), /```sh\n/), home);

    assert.match(await askPublished(join(root, "user"), env), new RegExp(`found parrot/grey\\n${QUESTION}`));
  } finally {
    server.kill();
  }
  const took = performance.now() - start;
  assert.ok(took < GUIDE_MS, `the provider was published and asked after ${Math.round(took)} ms`);
}

/** Installs the provider as a user would, and asks it with the program of the README. @param {string} cwd @param {NodeJS.ProcessEnv} env */
async function askPublished(cwd, env) {
  mkdirSync(cwd);
  await runInstall("npm", ["install", "@fallthrough/registry", "fallthrough-provider-parrot"], { cwd, env });
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  writeFileSync(
    join(cwd, "main.mjs"),
    blockOf(readme, /snippet: examples\/one-provider\/main\.js -->\n+```js\n/),
  );
  return run(process.execPath, ["main.mjs", QUESTION], { cwd, env });
}

/** From a heading to the next of its rank. @param {string} file @param {string} heading */
function sectionOf(file, heading) {
  const [, section] = readFileSync(join(ROOT, file), "utf8").split(`\n${heading}`);
  assert.ok(section, `${file} has a section ${heading}`);
  return section.split(/\n## /)[0] ?? "";
}

/** The first block of code behind what matches. @param {string} text @param {RegExp} opening */
function blockOf(text, opening) {
  const found = opening.exec(text);
  assert.ok(found, `there is a block behind ${opening}`);
  return text.slice(found.index + found[0].length).split("\n```")[0] ?? "";
}

/** Writes each file that a section quotes of the example to its place. @param {string} text @param {string} home */
function writeSnippets(text, home) {
  const snippets = [
    ...text.matchAll(/snippet: examples\/custom-provider\/(\S+) -->\n+```ts\n([\s\S]*?)```/g),
  ];
  assert.ok(snippets.length > 0);
  for (const [, file = "", code = ""] of snippets) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), code);
  }
}

/** @param {string} file @param {string} from @param {string} to */
function edit(file, from, to) {
  const text = readFileSync(file, "utf8");
  assert.ok(from !== "" && text.includes(from), `${file} has ${from}`);
  writeFileSync(file, text.replace(from, to));
}
