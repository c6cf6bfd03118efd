import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ChatError } from "@fallthrough/core";
import { beforeEach, expect, test, vi } from "vitest";
import { type DiscoverOptions, discoverProviders } from "../../src/discovery/discover-providers.ts";
import { createRegistry } from "../../src/index.ts";
import {
  imports,
  installed,
  manifest,
  providerCode,
  providerManifest,
  writeFiles,
  writeLink,
} from "../application.ts";
import { fakeProvider, QUESTION } from "../fake-provider.ts";

beforeEach(() => {
  Reflect.deleteProperty(globalThis, "imports");
});

async function idsOf(from: string, options: DiscoverOptions = {}): Promise<string[]> {
  return (await discoverProviders({ from, ...options })).providers.map(({ id }) => id);
}

const THREE = {
  "package.json": manifest("provider-a", "left-pad", "provider-b", "provider-c"),
  "node_modules/left-pad/package.json": { name: "left-pad", version: "1.0.0" },
  ...installed("a"),
  ...installed("b"),
  ...installed("c"),
};

test("what the application declares and what is a provider is found, in the declared order, with where it comes from", async () => {
  const root = writeFiles(THREE);

  const { providers, problems } = await discoverProviders({ from: root });

  expect(problems).toEqual([]);
  expect(providers.map(({ id, source }) => [id, source])).toEqual(
    ["a", "b", "c"].map((id) => [
      id,
      {
        package: `provider-${id}`,
        version: "1.2.3",
        path: join(root, "node_modules", `provider-${id}`),
        reason: "dependencies of my-app",
      },
    ]),
  );
  expect(imports()).toEqual([]);
});

test("neither undeclared packages nor dependencies of dependencies are picked up", async () => {
  const root = writeFiles({
    "package.json": manifest("provider-a"),
    ...installed("a"),
    ...installed("undeclared"),
    "node_modules/provider-a/package.json": {
      ...providerManifest("a"),
      dependencies: { "provider-inner": "*" },
    },
    "node_modules/provider-a/node_modules/provider-inner/package.json": providerManifest("inner"),
  });

  expect(await idsOf(root)).toEqual(["a"]);
});

test("optional dependencies are looked at, development dependencies when asked, and an optional one may be missing", async () => {
  const root = writeFiles({
    "package.json": {
      name: "my-app",
      optionalDependencies: { "provider-a": "*", "provider-missing": "*" },
      devDependencies: { "provider-b": "*" },
    },
    ...installed("a"),
    ...installed("b"),
  });

  const { providers, problems } = await discoverProviders({ from: root });

  expect(providers.map(({ source }) => source.reason)).toEqual(["optionalDependencies of my-app"]);
  expect(problems.map((problem) => problem.package)).toEqual(["provider-b"]);
  expect(await idsOf(root, { dev: true })).toEqual(["a", "b"]);
});

test.each([
  ["a file of it", (root: string) => join(root, "src", "main.js")],
  ["the URL of a file of it", (root: string) => pathToFileURL(join(root, "src", "main.js")).href],
  ["a URL object", (root: string) => pathToFileURL(join(root, "src"))],
])("the application is found from %s", async (_, from) => {
  const root = writeFiles({ ...THREE, "src/main.js": "" });

  expect((await discoverProviders({ from: from(root) })).providers).toHaveLength(3);
});

test("a folder without an application is an error", async () => {
  await expect(discoverProviders({ from: "/" })).rejects.toMatchObject({ code: "config" });
});

test("an application whose manifest is not JSON is an error", async () => {
  await expect(discoverProviders({ from: writeFiles({ "package.json": "{" }) })).rejects.toMatchObject({
    code: "config",
  });
});

test.each([
  [{ order: ["c", "unknown", "a"] }, ["c", "a", "b"]],
  [{ allow: ["a", "provider-b"] }, ["a", "b"]],
  [{ deny: ["a", "provider-b"] }, ["c"]],
  [{ allow: ["a", "b"], deny: ["b"] }, ["a"]],
  [{ allow: [] }, []],
])("with %j the providers are %j", async (options, ids) => {
  expect(await idsOf(writeFiles(THREE), options)).toEqual(ids);
});

test.each([
  ["that is not JSON", "{", "contract"],
  ["without an id", providerManifest("b", { id: undefined }), "config"],
  ["of a later specification", providerManifest("b", { specificationVersion: 2 }), "config"],
  ["without a factory", providerManifest("b", { factory: undefined }), "contract"],
  ["without a module", { ...providerManifest("b"), exports: { "./other": "./other.js" } }, "contract"],
  ["with instances that are no list", providerManifest("b", { instances: {} }), "contract"],
])("a manifest %s is a problem, and the others work", async (_, broken, code) => {
  const root = writeFiles({ ...THREE, "node_modules/provider-b/package.json": broken });

  const { providers, problems } = await discoverProviders({ from: root });

  expect(providers.map(({ id }) => id)).toEqual(["a", "c"]);
  expect(problems).toEqual([
    { package: "provider-b", path: join(root, "node_modules", "provider-b"), error: expect.any(ChatError) },
  ]);
  expect(problems[0]?.error).toMatchObject({
    code,
    message: expect.stringContaining('package "provider-b": '),
  });
});

test("a package that is declared and not installed is a problem", async () => {
  const { problems } = await discoverProviders({
    from: writeFiles({ "package.json": manifest("provider-a") }),
  });

  expect(problems).toMatchObject([{ package: "provider-a", error: { code: "config" } }]);
});

test("a package that is denied is no problem, however broken", async () => {
  const root = writeFiles({ ...THREE, "node_modules/provider-b/package.json": "{" });

  expect((await discoverProviders({ from: root, deny: ["provider-b"] })).problems).toEqual([]);
});

test("two packages of one id are an error that names both, until one is denied", async () => {
  const root = writeFiles({ ...THREE, "node_modules/provider-b/package.json": providerManifest("a") });

  await expect(discoverProviders({ from: root })).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining('"provider-a" and "provider-b"'),
  });
  expect(await idsOf(root, { deny: ["provider-b"] })).toEqual(["a", "c"]);
});

test("settings that belong to no provider are a problem, with the nearest id", async () => {
  const root = writeFiles(THREE);

  const { problems } = await discoverProviders({ from: root, settings: { a: {}, bb: {}, ollama: {} } });

  expect(problems.map((problem) => [problem.package, problem.error.message])).toEqual([
    ["bb", 'settings for "bb" belong to no provider, expected "b"'],
    ["ollama", 'settings for "ollama" belong to no provider, expected one of a, b, c'],
  ]);
});

test("settings are mistyped only when every package was read", async () => {
  const root = writeFiles({ ...THREE, "node_modules/provider-b/package.json": "{" });

  const { problems } = await discoverProviders({ from: root, settings: { bb: {} } });

  expect(problems.map((problem) => problem.package)).toEqual(["provider-b"]);
});

test("settings reach the card before the package is imported, and the factory when it is", async () => {
  const root = writeFiles(THREE);
  const settings = { a: { id: "mine", proxy: "socks5://127.0.0.1:1080", models: [{ id: "own" }] } };

  const { providers } = await discoverProviders({ from: root, settings });

  expect(providers[0]).toMatchObject({ id: "mine", models: [{ id: "own" }] });
  expect(imports()).toEqual([]);
  expect(JSON.parse(await createRegistry({ providers }).chat(QUESTION).text())).toEqual(settings.a);
});

test("what is found stands beside providers of one's own", async () => {
  const from = writeFiles({ ...THREE, "node_modules/provider-b/package.json": "{" });
  const createMine = () => fakeProvider("mine", []);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});

  // #region both
  const found = await discoverProviders({
    from,
    settings: { a: { proxy: "socks5://127.0.0.1:1080" } },
    order: ["c"],
  });
  const registry = createRegistry({
    providers: [...found.providers, createMine()],
    aliases: { fast: ["mine", "a/a-model"] },
  });
  for (const { error } of found.problems) console.warn(error.message);
  // #endregion

  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
  expect(registry.providers().map(({ id }) => id)).toEqual(["c", "a", "mine"]);
  expect(registry.resolve("fast").map(({ provider }) => provider.id)).toEqual(["mine", "a"]);
});

test("a package of its own goes over a ready-made instance with the same id, in any order", async () => {
  const instances = [{ id: "b" }, { id: "c" }];
  for (const names of [
    ["provider-a", "provider-b"],
    ["provider-b", "provider-a"],
  ]) {
    const root = writeFiles({
      "package.json": manifest(...names),
      ...installed("a", { instances }),
      ...installed("b"),
    });

    const { providers } = await discoverProviders({ from: root });

    expect(providers.map(({ id, source }) => [id, source.package]).sort()).toEqual([
      ["a", "provider-a"],
      ["b", "provider-b"],
      ["c", "provider-a"],
    ]);
    expect((await discoverProviders({ from: root, deny: ["provider-b"] })).providers).toHaveLength(3);
    expect((await discoverProviders({ from: root, allow: ["provider-a"] })).providers).toHaveLength(3);
  }
});

test("the ready-made instances of a package are offered each under its own id", async () => {
  const instances = [
    { id: "local", settings: { baseURL: "http://127.0.0.1:11434/v1" } },
    { id: "remote", name: "Remote", settings: { keyFrom: "REMOTE_KEY" }, models: [{ id: "big" }] },
  ];
  const root = writeFiles({ "package.json": manifest("provider-a"), ...installed("a", { instances }) });

  const { providers } = await discoverProviders({ from: root, settings: { remote: { proxy: false } } });
  const registry = createRegistry({ providers });

  expect(providers.map(({ id, name, models }) => [id, name, models[0]?.id])).toEqual([
    ["a", "A", "a-model"],
    ["local", "A", "a-model"],
    ["remote", "Remote", "big"],
  ]);
  expect(await registry.chat({ ...QUESTION, model: "a" }).text()).toBe('"no settings"');
  expect(JSON.parse(await registry.chat({ ...QUESTION, model: "remote" }).text())).toEqual({
    id: "remote",
    keyFrom: "REMOTE_KEY",
    proxy: false,
  });
  expect(imports()).toEqual(["a"]);
});

test("an instance of the package's own id refines it", async () => {
  const instances = [{ id: "a", name: "Refined", settings: { baseURL: "http://127.0.0.1:1/v1" } }];
  const root = writeFiles({ "package.json": manifest("provider-a"), ...installed("a", { instances }) });

  const { providers } = await discoverProviders({ from: root });

  expect(providers).toMatchObject([{ id: "a", name: "Refined", status: { state: "unverified" } }]);
});

test("links of a strict or global store and of a workspace are followed", async () => {
  const root = writeFiles({
    "app/package.json": manifest("provider-a", "provider-b"),
    "store/provider-a@1.2.3/node_modules/provider-a/package.json": providerManifest("a"),
    "store/provider-a@1.2.3/node_modules/provider-a/index.js": providerCode("a"),
    "packages/b/package.json": providerManifest("b"),
    "packages/b/index.js": providerCode("b"),
  });
  writeLink(root, "app/node_modules/provider-a", "store/provider-a@1.2.3/node_modules/provider-a");
  writeLink(root, "app/node_modules/provider-b", "packages/b");

  const { providers } = await discoverProviders({ from: join(root, "app") });

  expect(providers.map(({ source }) => source.path)).toEqual([
    join(root, "store/provider-a@1.2.3/node_modules/provider-a"),
    join(root, "packages/b"),
  ]);
  expect((await createRegistry({ providers }).chat(QUESTION).result()).route.provider).toBe("a");
});

test("packages that are hoisted above the application are found", async () => {
  const root = writeFiles({ "packages/app/package.json": manifest("provider-a"), ...installed("a") });

  expect(await idsOf(join(root, "packages/app"))).toEqual(["a"]);
});

test.each(["a", "provider-real", "alias"])(
  "a package under an alias of npm is denied as %s",
  async (denied) => {
    const root = writeFiles({
      "package.json": { name: "my-app", dependencies: { alias: "npm:provider-real@1" } },
      "node_modules/alias/package.json": { ...providerManifest("a"), name: "provider-real" },
    });

    expect(await idsOf(root)).toEqual(["a"]);
    expect(await idsOf(root, { allow: [denied] })).toEqual(["a"]);
    expect(await idsOf(root, { deny: [denied] })).toEqual([]);
  },
);

test("an application below a manifest that says only its type is found, with a byte order mark too", async () => {
  const root = writeFiles({
    ...THREE,
    "package.json": `\uFEFF${JSON.stringify(manifest("provider-a"))}`,
    "node_modules/provider-a/package.json": `\uFEFF${JSON.stringify(providerManifest("a"))}`,
    "dist/esm/package.json": { type: "module" },
  });

  expect(await idsOf(join(root, "dist/esm/main.js"))).toEqual(["a"]);
});

test("an application that declares no provider is a problem that says what to do", async () => {
  const root = writeFiles({ "package.json": manifest("left-pad"), "node_modules/left-pad/package.json": {} });

  const { problems } = await discoverProviders({ from: root });

  expect(problems).toEqual([{ package: "my-app", path: root, error: expect.any(ChatError) }]);
  expect(problems[0]?.error.message).toMatch(/declares no provider, install one/);
});

test.each([
  ["package.json", { name: "root", workspaces: ["packages/*"] }],
  ["pnpm-workspace.yaml", "packages: []"],
])("the root of a workspace, by its %s, is told apart from an application", async (file, content) => {
  const root = writeFiles({ "package.json": { name: "root" }, [file]: content });

  const { problems } = await discoverProviders({ from: root });

  expect(problems.map(({ error }) => error.message)).toEqual([
    expect.stringMatching(/declares no provider, it is the root of a workspace/),
  ]);
});

test("a provider that is linked and not declared is a problem", async () => {
  const root = writeFiles({
    "app/package.json": manifest("provider-a"),
    "app/node_modules/provider-a/package.json": providerManifest("a"),
    "elsewhere/b/package.json": providerManifest("b"),
    "elsewhere/plain/package.json": { name: "plain" },
    "elsewhere/broken/package.json": "{",
  });
  writeLink(root, "app/node_modules/@scope/b", "elsewhere/b");
  writeLink(root, "app/node_modules/plain", "elsewhere/plain");
  writeLink(root, "app/node_modules/broken", "elsewhere/broken");

  const { providers, problems } = await discoverProviders({ from: join(root, "app") });

  expect(providers.map(({ id }) => id)).toEqual(["a"]);
  expect(problems.map(({ error }) => error.message)).toEqual([
    'package "@scope/b": is linked, but not declared, expected it in `dependencies`',
  ]);
});

test("a provider among the development dependencies is a problem, until they are asked for", async () => {
  const root = writeFiles({
    "package.json": { name: "my-app", devDependencies: { "provider-a": "*" } },
    ...installed("a"),
  });

  const { providers, problems } = await discoverProviders({ from: root });

  expect(providers).toEqual([]);
  expect(problems.map(({ error }) => error.message)).toEqual([
    'package "provider-a": is a development dependency, expected it in `dependencies`, or the option `dev`',
  ]);
  expect((await discoverProviders({ from: root, dev: true })).problems).toEqual([]);
});

test("a package for a later version of the contract is told so", async () => {
  const root = writeFiles({
    "package.json": manifest("provider-a"),
    ...installed("a", { specificationVersion: 2 }),
  });

  const { problems } = await discoverProviders({ from: root });

  expect(problems[0]?.error.message).toMatch(/version 2 of the contract and this registry knows 1/);
});

test("an unknown name tells what discovery left out", async () => {
  const root = writeFiles({ "package.json": manifest("provider-a", "provider-b"), ...installed("a") });
  const { providers, problems } = await discoverProviders({ from: root });

  const registry = createRegistry({ providers, problems });

  expect(() => registry.resolve("b")).toThrow(/left out: package "provider-b": declared, but not installed/);
});

test("a peer dependency, and a package that is called like a provider and is none, are problems", async () => {
  const root = writeFiles({
    "package.json": {
      name: "my-app",
      dependencies: { "fallthrough-provider-b": "*", marked: "*" },
      peerDependencies: { "provider-a": "*" },
    },
    ...installed("a"),
    "node_modules/fallthrough-provider-b/package.json": { name: "fallthrough-provider-b" },
    "node_modules/marked/package.json": { name: "marked", keywords: ["fallthrough-provider"] },
  });

  const { problems } = await discoverProviders({ from: root });

  expect(problems.map(({ error }) => error.message)).toEqual([
    'package "fallthrough-provider-b": offers no provider, expected the field `fallthrough` in its manifest',
    'package "marked": offers no provider, expected the field `fallthrough` in its manifest',
    'package "provider-a": is a peer dependency, expected it in `dependencies`',
  ]);
});

test.each([{ deny: ["provider-a"] }, { allow: ["b"] }])(
  "lists that leave nobody are a problem: %o",
  async (lists) => {
    const root = writeFiles({ "package.json": manifest("provider-a"), ...installed("a") });

    const { problems } = await discoverProviders({ from: root, ...lists });

    expect(problems.map(({ error }) => error.message)).toContain(
      "no provider is left of 1 that my-app declares, expected fewer in `deny` or more in `allow`",
    );
  },
);

test("without an application the error says how to begin one", async () => {
  await expect(discoverProviders({ from: writeFiles({ file: "" }) })).rejects.toThrow(
    "npm init -y && npm install",
  );
});

/** A command in the global folder of npm, with a provider beside it and one that comes with it. */
function globalFolder(): string {
  return writeFiles({
    "lib/node_modules/fallthrough/package.json": { ...manifest("provider-own"), name: "fallthrough" },
    "lib/node_modules/fallthrough/node_modules/provider-own/package.json": providerManifest("own"),
    "lib/node_modules/@me/provider-beside/package.json": providerManifest("beside"),
    "lib/node_modules/npm/package.json": { name: "npm" },
    "folder/file": "",
    "app/package.json": manifest("left-pad"),
    "app/node_modules/left-pad/package.json": {},
    "other/package.json": manifest("provider-a"),
    "other/node_modules/provider-a/package.json": providerManifest("a"),
  });
}

test.each([["folder"], ["app"]])(
  "a global command finds what is beside it and what comes with it in any %s",
  async (place) => {
    const root = globalFolder();
    const command = pathToFileURL(join(root, "lib/node_modules/fallthrough/dist/bin.js"));

    const { providers, problems, ofCommand } = await discoverProviders({ from: join(root, place), command });

    expect(providers.map(({ id, source }) => [id, source.reason])).toEqual([
      ["beside", "installed beside fallthrough"],
      ["own", "comes with fallthrough"],
    ]);
    expect([problems, ofCommand]).toEqual([[], true]);
    expect(await idsOf(join(root, place), { command, deny: ["own"] })).toEqual(["beside"]);
  },
);

test("a global command asks an application's own providers alone, also where all of them are denied", async () => {
  const root = globalFolder();
  const command = join(root, "lib/node_modules/fallthrough/dist/bin.js");

  expect(await discoverProviders({ from: join(root, "other"), command })).toMatchObject({
    providers: [{ id: "a" }],
    problems: [],
  });
  expect(await idsOf(join(root, "other"), { command, deny: ["provider-a"] })).toEqual([]);
});

test("where a package manager keeps a manifest for global packages, that says what is beside the command", async () => {
  const root = writeFiles({
    "global/package.json": manifest("fallthrough", "provider-declared"),
    "global/node_modules/provider-declared/package.json": providerManifest("declared"),
    "global/node_modules/provider-inner/package.json": providerManifest("inner"),
    "global/node_modules/.store/fallthrough@1/node_modules/fallthrough/package.json": { name: "fallthrough" },
  });
  writeLink(
    root,
    "global/node_modules/fallthrough",
    "global/node_modules/.store/fallthrough@1/node_modules/fallthrough",
  );
  const command = join(root, "global/node_modules/.store/fallthrough@1/node_modules/fallthrough/dist/bin.js");

  expect(await idsOf(root, { command })).toEqual(["declared"]);
});
