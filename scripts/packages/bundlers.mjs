import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, readJson } from "../workspace.mjs";
import { run } from "./tools.mjs";

const WEBPACK = `export default {
  mode: "production", target: "node20", entry: "./main.js",
  experiments: { outputModule: true },
  output: { path: import.meta.dirname + "/built", filename: "bundle.mjs", module: true, asyncChunks: false },
};`;

/**
 * A program that puts an application into one file, and how it is called for that.
 *
 * @typedef {object} Bundler
 * @property {string} title
 * @property {Readonly<Record<string, string>>} tools what it needs, by package
 * @property {readonly string[]} command writes one file into the folder `built`
 * @property {Readonly<Record<string, string>>} [files]
 */

/** @type {readonly Bundler[]} */
export const BUNDLERS = [
  {
    title: "esbuild",
    tools: { esbuild: "0.28.2" },
    command: [
      "esbuild",
      "main.js",
      "--bundle",
      "--platform=node",
      "--format=esm",
      "--outfile=built/bundle.mjs",
    ],
  },
  {
    title: "webpack",
    tools: { webpack: "5.113.0", "webpack-cli": "7.3.1" },
    command: ["webpack", "--config=webpack.config.mjs"],
    files: { "webpack.config.mjs": WEBPACK },
  },
  {
    title: "tsup",
    tools: { tsup: "8.5.1", typescript: "5.9.3" },
    command: ["tsup", "main.js", "--format=esm", "--no-splitting", "--config=tsup.config.mjs"],
    files: {
      "tsup.config.mjs":
        'export default { noExternal: [/.*/], outDir: "built", outExtension: () => ({ js: ".mjs" }) };',
    },
  },
];

/**
 * Puts the example with a fixed list of providers into one file, and asserts that it answers where there is nothing else.
 *
 * @param {Bundler} bundler
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 * @param {import("./applications.mjs").StandIns} standIns
 */
export async function tryBundler({ tools, command, files = {} }, layout, place, standIns) {
  const { application: cwd, root } = place;
  const env = environmentOf(place, standIns);
  copyFileSync(join(ROOT, "examples/explicit/main.js"), join(cwd, "main.js"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  writeExampleManifest(place, "explicit", tools);
  await layout.install(place);
  await run("npx", ["--no-install", ...command], { cwd, env });

  assert.equal(readdirSync(join(cwd, "built")).length, 1, "the application is one file");
  const empty = join(root, "empty");
  mkdirSync(empty);
  const [bundle = ""] = readdirSync(join(cwd, "built"));
  renameSync(join(cwd, "built", bundle), join(empty, "bundle.mjs"));
  renameSync(join(cwd, "node_modules"), join(cwd, "no_modules"));
  const { question, answers } = standIns;
  const answer = await run(process.execPath, ["bundle.mjs", question], { cwd: empty, env });
  assert.equal(answer, `${answers["chatgptfree"]}\n`);
}

/** @param {import("./layouts.mjs").Place} place @param {import("./applications.mjs").StandIns} standIns */
function environmentOf({ env }, { settings }) {
  const { chatgptfree, pizzagpt } = settings;
  return { ...env, CHATGPTFREE_URL: chatgptfree?.baseURL, PIZZAGPT_URL: pizzagpt?.baseURL };
}

/**
 * That of an example, with published packages in place of the workspace's.
 *
 * @param {import("./layouts.mjs").Place} place
 * @param {string} example
 * @param {Readonly<Record<string, string>>} tools
 */
function writeExampleManifest({ application }, example, tools) {
  const { dependencies } = readJson(`examples/${example}/package.json`);
  const published = Object.fromEntries(Object.keys(dependencies).map((name) => [name, "*"]));
  const manifest = {
    name: "application",
    private: true,
    type: "module",
    dependencies: { ...published, ...tools },
  };
  writeFileSync(join(application, "package.json"), JSON.stringify(manifest));
}
