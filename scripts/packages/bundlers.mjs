import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ROOT, readJson } from "../workspace.mjs";
import { freePort } from "./registry.mjs";
import { run } from "./tools.mjs";

const NEXT = { next: "16.4.6", react: "19.3.1", "react-dom": "19.3.1" };
/** A server that has not started by then will not start. */
const START_MS = 120_000;
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
 * @property {boolean} [wrapped] the application may wait for nothing at the top of its module
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
    title: "rollup",
    tools: {
      rollup: "4.68.8",
      "@rollup/plugin-node-resolve": "16.0.3",
      "@rollup/plugin-commonjs": "29.0.3",
    },
    command: [
      ...["rollup", "main.js", "--plugin", "node-resolve={preferBuiltins:true}", "--plugin", "commonjs"],
      ...["--format=es", "--inlineDynamicImports", "--file=built/bundle.mjs"],
    ],
    // it writes what is imported later behind the module that imports it
    wrapped: true,
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
export async function tryBundler({ tools, command, files = {}, wrapped = false }, layout, place, standIns) {
  const { application: cwd, root } = place;
  const env = environmentOf(place, standIns);
  const main = readFileSync(join(ROOT, "examples/explicit/main.js"), "utf8");
  writeFileSync(join(cwd, "main.js"), wrapped ? wrap(main) : main);
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

/** The same module, which waits within a function. @param {string} module */
function wrap(module) {
  const [imports = "", ...rest] = module.split("\n\n");
  return `${imports}\n\nasync function main() {\n${rest.join("\n\n")}}\nvoid main();\n`;
}

/**
 * Builds the example of a route handler with Next.js, and asserts that what was built answers.
 *
 * @param {import("./layouts.mjs").Layout} layout
 * @param {import("./layouts.mjs").Place} place
 * @param {import("./applications.mjs").StandIns} standIns
 */
export async function tryNext(layout, place, standIns) {
  const { application: cwd } = place;
  const env = { ...environmentOf(place, standIns), NEXT_TELEMETRY_DISABLED: "1" };
  for (const name of ["app", "registry.js"]) {
    cpSync(join(ROOT, "examples/next-route", name), join(cwd, name), { recursive: true });
  }
  writeExampleManifest(place, "next-route", NEXT);
  await layout.install(place);
  await run("npx", ["--no-install", "next", "build"], { cwd, env });

  const port = await freePort();
  const next = ["node_modules/next/dist/bin/next", "start", "--hostname=127.0.0.1", `--port=${port}`];
  const server = spawn(process.execPath, next, { cwd, env, stdio: "ignore" });
  const closed = once(server, "close");
  try {
    const body = JSON.stringify({ messages: [{ role: "user", content: standIns.question }] });
    const response = await answerOf(`http://127.0.0.1:${port}/api/text`, { method: "POST", body });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), standIns.answers["chatgptfree"]);
  } finally {
    server.kill();
    await closed;
  }
}

/** Asks again while the server starts. @param {string} url @param {RequestInit} init */
async function answerOf(url, init) {
  for (const start = Date.now(); ; await delay(100)) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (Date.now() - start > START_MS) throw error;
    }
  }
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
