import assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./tools.mjs";

/** @typedef {import("./layouts.mjs").Layout} Layout */
/** @typedef {import("./layouts.mjs").Place} Place */

export const REGISTRY = "@fallthrough/registry";
export const CHATGPTFREE = "@fallthrough/provider-chatgptfree";
export const PIZZAGPT = "@fallthrough/provider-pizzagpt";
const LIBRARY = "library-with-a-plugin";

/**
 * What an application depends on, and the ids of the providers that it must find, in order.
 *
 * @typedef {object} Application
 * @property {string} title
 * @property {readonly string[]} dependencies sorted, because Yarn sorts those of a manifest
 * @property {readonly string[]} ids
 */

/**
 * What the providers of an application are directed to, by id, and what they answer there.
 *
 * @typedef {object} StandIns
 * @property {string} question
 * @property {Readonly<Record<string, { readonly baseURL: string }>>} settings
 * @property {Readonly<Record<string, string>>} answers
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
 * @param {StandIns} standIns
 */
export async function tryApplication({ dependencies, ids }, layout, place, standIns) {
  const { question, settings, answers } = standIns;
  const own = Object.fromEntries(ids.map((id) => [id, settings[id]]));
  const loaded = join(place.root, "loaded");
  const env = { ...place.env, SETTINGS: JSON.stringify(own), QUESTION: question, LOADED_FILE: loaded };
  cpSync(fileURLToPath(new URL("fixtures/application", import.meta.url)), place.application, {
    recursive: true,
  });
  writeManifest(place, dependencies);
  await layout.install(place);
  const seen = JSON.parse(await layout.start({ ...place, env }, "probe.js"));

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
 * @param {StandIns} standIns
 */
export async function tryCommand(layout, place, { question, settings, answers }) {
  const { pizzagpt } = settings;
  writeManifest(place, [PIZZAGPT, "fallthrough"]);
  writeFileSync(
    join(place.application, "fallthrough.config.json"),
    JSON.stringify({ settings: { pizzagpt } }),
  );
  await layout.install(place);
  const { application: cwd, env } = place;

  const output = await run("npx", ["--no-install", "fallthrough", "ask", question], { cwd, env });
  assert.equal(output.trim(), answers["pizzagpt"]);
}

/**
 * Declares what an application depends on.
 *
 * @param {Place} place
 * @param {readonly string[]} dependencies
 */
export function writeManifest({ application }, dependencies) {
  const manifest = {
    name: "application",
    private: true,
    type: "module",
    dependencies: Object.fromEntries(dependencies.map((name) => [name, "*"])),
  };
  writeFileSync(join(application, "package.json"), JSON.stringify(manifest));
}
