import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./tools.mjs";

/** @typedef {import("./layouts.mjs").Layout} Layout */
/** @typedef {import("./layouts.mjs").Place} Place */

const REGISTRY = "@fallthrough/registry";
const CHATGPTFREE = "@fallthrough/provider-chatgptfree";
const PIZZAGPT = "@fallthrough/provider-pizzagpt";
const LIBRARY = "library-with-a-plugin";

/**
 * What an application depends on, and the ids of the providers that it must find, in order.
 *
 * @typedef {object} Application
 * @property {string} title
 * @property {readonly string[]} dependencies sorted, because Yarn sorts those of a manifest
 * @property {readonly string[]} ids
 */

/** @type {readonly Application[]} */
export const APPLICATIONS = [
  { title: "the registry and one provider", dependencies: [PIZZAGPT, REGISTRY], ids: ["pizzagpt"] },
  {
    title: "two providers, and a library that depends on two others",
    dependencies: [CHATGPTFREE, PIZZAGPT, REGISTRY, LIBRARY],
    ids: ["chatgptfree", "pizzagpt"],
  },
  {
    title: "two providers, that library and somebody else's plugin",
    dependencies: [CHATGPTFREE, PIZZAGPT, REGISTRY, "fallthrough-provider-example", LIBRARY],
    ids: ["chatgptfree", "pizzagpt", "example"],
  },
];

/** The packages of one provider each. */
const PLUGIN = /provider-[a-z]+/;

/**
 * Installs an application and asserts what it finds, what that executes and who answers.
 *
 * @param {Application} application
 * @param {Layout} layout
 * @param {Place} place
 * @param {Readonly<Record<string, string>>} answers the answer of each provider, by id
 */
export async function tryApplication({ dependencies, ids }, layout, place, answers) {
  cpSync(fileURLToPath(new URL("fixtures/application", import.meta.url)), place.application, {
    recursive: true,
  });
  writeManifest(place, dependencies);
  await layout.install(place);
  const seen = JSON.parse(await layout.start(place, "probe.js"));

  assert.deepEqual(seen.problems, []);
  assert.deepEqual(
    seen.found.map((/** @type {{ id: string }} */ { id }) => id),
    ids,
    "discovery finds what is declared, and nothing else",
  );
  for (const { path } of seen.found) assert.match(path, layout.place);
  assert.deepEqual(
    seen.loadedByDiscovery.filter((/** @type {string} */ url) => PLUGIN.test(url)),
    [],
    "discovery executes no plugin",
  );
  assert.equal(
    seen.loaded.filter((/** @type {string} */ url) => PLUGIN.test(url) && url.endsWith("index.js")).length,
    ids.length,
    "each declared plugin is executed when it is asked",
  );
  assert.deepEqual(seen.answers, Object.fromEntries(ids.map((id) => [id, answers[id]])));
}

/**
 * Installs the command beside a provider, and asserts that it asks that provider.
 *
 * @param {Layout} layout
 * @param {Place} place
 * @param {Readonly<Record<string, { readonly baseURL: string }>>} settings
 * @param {{ question: string, answer: string }} exchange
 */
export async function tryCommand(layout, place, settings, { question, answer }) {
  writeManifest(place, [PIZZAGPT, "fallthrough"]);
  writeFileSync(join(place.application, "fallthrough.config.json"), JSON.stringify({ settings }));
  await layout.install(place);
  const { application: cwd, env } = place;

  assert.equal(
    (await run("npx", ["--no-install", "fallthrough", "ask", question], { cwd, env })).trim(),
    answer,
  );
}

/** @param {Place} place @param {readonly string[]} dependencies */
function writeManifest({ application }, dependencies) {
  const manifest = {
    name: "application",
    private: true,
    type: "module",
    dependencies: Object.fromEntries(dependencies.map((name) => [name, "*"])),
  };
  writeFileSync(join(application, "package.json"), JSON.stringify(manifest));
}
