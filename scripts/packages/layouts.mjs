import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TOOL_ENVIRONMENT } from "../workspace.mjs";
import { npmrc } from "./registry.mjs";
import { run, runInstall, yarn } from "./tools.mjs";

/**
 * One way in which a package manager lays out what an application depends on.
 *
 * @typedef {object} Layout
 * @property {string} title
 * @property {string} application its folder, below that of the layout
 * @property {RegExp} place where the layout keeps a package, so that no layout passes for another
 * @property {Readonly<Record<string, object | string>>} [files] those of the layout beside the application
 * @property {(place: Place) => Promise<unknown>} install
 * @property {(place: Place, script: string) => Promise<string>} start
 */

/**
 * @typedef {object} Place
 * @property {string} root folder of the layout
 * @property {string} application folder of the application
 * @property {NodeJS.ProcessEnv} env
 */

/** @type {Pick<Layout, "install" | "start">} */
const NPM = {
  install: ({ application, env }) =>
    runInstall("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: application, env }),
  start: ({ application, env }, script) => run(process.execPath, [script], { cwd: application, env }),
};

/** @type {Pick<Layout, "install" | "start">} */
const PNPM = {
  install: ({ root, env }) => runInstall("pnpm", ["install", "--no-frozen-lockfile"], { cwd: root, env }),
  start: NPM.start,
};

/** @type {Pick<Layout, "install" | "start">} */
const YARN = {
  install: ({ application, env }) =>
    runInstall(process.execPath, [yarn(), "install"], { cwd: application, env }),
  start: ({ application, env }, script) =>
    run(process.execPath, [yarn(), "node", script], { cwd: application, env }),
};

/** npm comes first. @type {readonly [Layout, ...Layout[]]} */
export const LAYOUTS = [
  { title: "npm, flat", application: ".", place: /\/node_modules\/(@fallthrough\/)?[\w-]+$/, ...NPM },
  {
    title: "pnpm, strict",
    application: ".",
    place: /\/node_modules\/\.pnpm\/[^/]+\/node_modules\//,
    files: { "pnpm-workspace.yaml": {} },
    ...PNPM,
  },
  {
    title: "pnpm, `hoist: false` in a monorepo",
    application: "packages/application",
    place: /\/node_modules\/\.pnpm\/[^/]+\/node_modules\//,
    files: {
      "package.json": { name: "monorepo", private: true },
      "pnpm-workspace.yaml": { packages: ["packages/*"], hoist: false },
    },
    ...PNPM,
  },
  {
    title: "pnpm, global virtual store",
    application: ".",
    place: /\/pnpm-store\/v\d+\/links\//,
    // pnpm leaves the global store alone where it believes to be in CI
    files: { "pnpm-workspace.yaml": { enableGlobalVirtualStore: true, ci: false } },
    ...PNPM,
  },
  {
    title: "Yarn 4, Plug'n'Play",
    application: ".",
    place: /\.zip\/node_modules\//,
    files: { "yarn.lock": "" },
    ...YARN,
  },
];

/**
 * The folder of a layout, ready for an application that asks this package registry.
 *
 * @param {Layout} layout
 * @param {string} root
 * @param {{ url: string, caches: string }} options caches are shared by all layouts
 * @returns {Place}
 */
export function createPlace({ application, files = {} }, root, { url, caches }) {
  const folder = join(root, application);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, ".npmrc"), npmrc(url));
  writeFileSync(join(root, ".yarnrc.yml"), JSON.stringify(yarnSettings(url)));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(root, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return {
    root,
    application: folder,
    env: {
      ...environment(),
      npm_config_cache: join(caches, "npm-cache"),
      npm_config_cache_dir: join(caches, "pnpm-cache"),
      npm_config_store_dir: join(caches, "pnpm-store"),
      YARN_CACHE_FOLDER: join(caches, "yarn-cache"),
      YARN_GLOBAL_FOLDER: join(caches, "yarn"),
    },
  };
}

/** That of the tools, without what would turn a layout or a request aside. */
function environment() {
  return Object.fromEntries(
    Object.entries(TOOL_ENVIRONMENT).filter(([name]) => !/^(?:(?:https?|all)_proxy|ci)$/i.test(name)),
  );
}

/** @param {string} url */
function yarnSettings(url) {
  return {
    nodeLinker: "pnp",
    npmRegistryServer: url,
    unsafeHttpWhitelist: ["127.0.0.1"],
    // what was published a second ago is what this is about
    npmMinimalAgeGate: 0,
    enableGlobalCache: false,
    enableImmutableInstalls: false,
    enableTelemetry: false,
  };
}
