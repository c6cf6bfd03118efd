import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { packageFolders, publicFolders, ROOT, readJson } from "../scripts/workspace.mjs";

// the sources of every provider are compiled as they are imported, on a machine that may be busy
vi.setConfig({ testTimeout: 60_000 });

const REPOSITORY = "https://github.com/fallthrough-js/fallthrough";

/** Which of our packages a package may import, by folder; a provider package has its own rule. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  "ai-power": ["core"],
  registry: ["core"],
  testkit: ["core"],
  "health-redis": ["core", "registry"],
  "ai-sdk": ["core", "registry"],
  telemetry: ["registry", "core"],
  gateway: ["core", "registry"],
  // a global install answers with the three protocols that most servers speak
  cli: ["core", "registry", "gateway", "provider-anthropic", "provider-gemini", "provider-openai"],
  "create-provider": [],
};
const PROVIDER_ARROWS = ["core", "ai-power"];

const PROVIDER_SCRIPTS = {
  build: "tsup --config ../../tsup.config.ts",
  "lint:package": "publint --strict && attw --pack --profile esm-only",
  test: "vitest run --config ../../vitest.config.ts",
  typecheck: "tsc",
};
const PROVIDER_SOURCES = ["index.ts", "protocol.ts", "provider.ts", "session.ts"];
/** Lines of code, without blank ones and comments; a login takes a file of its own. */
const PROVIDER_CODE_LINES = 160;
const SESSION_CODE_LINES = 100;
/** Speaks the dialects of many servers, and so has more to say. */
const LARGER_PROVIDER = "packages/provider-openai";
/** Speak a protocol with all that it has: tools, thoughts, files. */
const WHOLE_PROTOCOLS = ["packages/provider-anthropic", "packages/provider-gemini"];
const WHOLE_PROTOCOL_CODE_LINES = 350;
/** A second protocol of one provider, in a folder of its own. */
const SECOND_PROTOCOL = "packages/provider-openai/src/responses";

/** What a package ships beside `dist`, by folder. */
const SHIPPED: Readonly<Record<string, readonly string[]>> = {
  cli: ["bin", "operating"],
  core: ["UNDICI-LICENSE"],
  "create-provider": ["bin", "templates"],
  gateway: ["PREACT-LICENSE"],
  testkit: ["bin", "fixtures"],
  "provider-openai": ["presets.json", "presets.schema.json"],
};

/** The licences of what is built into a package, with where that is installed. */
const LICENSES = [
  ["packages/core/UNDICI-LICENSE", "packages/core/node_modules/undici"],
  ["packages/gateway/PREACT-LICENSE", "packages/page/node_modules/preact"],
] as const;

/** Packages that are never published. */
const TOOLS = ["bench", "fuzz", "weather"];
/** Packages that reach users inside another one, by the folder of that one. */
const INSIDE: Readonly<Record<string, string>> = { page: "gateway" };

const packages = publicFolders().filter((folder) => folder.startsWith("packages/"));
const examples = packageFolders().filter((folder) => folder.startsWith("examples/"));
const providers = packages.filter((folder) => basename(folder).startsWith("provider-"));

describe.each(packages)("%s", (folder) => {
  const manifest = readJson(`${folder}/package.json`);

  test("says where it comes from and what it needs", () => {
    expect(manifest).toMatchObject({
      license: "MIT",
      type: "module",
      sideEffects: false,
      engines: { node: readJson("package.json").engines.node },
      homepage: `${REPOSITORY}/tree/main/${folder}#readme`,
      bugs: `${REPOSITORY}/issues`,
      repository: { type: "git", url: `git+${REPOSITORY}.git`, directory: folder },
      publishConfig: { access: "public", provenance: true },
    });
    expect([...manifest.files].sort()).toEqual(["dist", ...(SHIPPED[basename(folder)] ?? [])].sort());
    expect(manifest.description).toMatch(/\.$/);
    expect(read(folder, "LICENSE")).toBe(read("LICENSE"));
    expect(read(folder, "README.md")).toContain(`# ${manifest.name}\n`);
  });

  test("has ESM entries of one condition and runs nothing on install", () => {
    const { "./package.json": itself, ...entries } = manifest.exports ?? {
      "./package.json": "./package.json",
    };

    expect(itself).toBe("./package.json");
    for (const [name, entry] of Object.entries(entries)) {
      const file = name === "." ? "index" : name.slice(2);
      expect(entry).toEqual({ types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` });
    }
    expect(
      Object.keys(manifest.scripts).filter((name) => /^(pre|post)?(install|prepare|pack|publish)/.test(name)),
    ).toEqual([]);
  });

  test("depends only where the arrows point", () => {
    const allowed = providers.includes(folder) ? PROVIDER_ARROWS : (ARROWS[basename(folder)] ?? []);
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

    expect(ourFolders(declared).filter((name) => !allowed.includes(name))).toEqual([]);
    expect(Object.keys(manifest.peerDependencies ?? {})).not.toContain("@fallthrough/core");
  });
});

describe.each(providers)("%s", (folder) => {
  const manifest = readJson(`${folder}/package.json`);
  const id = basename(folder).replace("provider-", "");
  const code = sourceFiles(folder)
    .map((file) => read(folder, "src", file))
    .join("\n");

  test("is a package of the one shape", () => {
    expect(manifest).toMatchObject({
      name: `@fallthrough/provider-${id}`,
      keywords: expect.arrayContaining(["fallthrough-provider"]),
      scripts: PROVIDER_SCRIPTS,
      fallthrough: { specificationVersion: 1, id },
    });
    expect(Object.keys(manifest.exports)).toEqual([".", "./package.json"]);
    expect(Object.keys(manifest.scripts)).toEqual(Object.keys(PROVIDER_SCRIPTS));
    expect(ourFolders(Object.keys(manifest.dependencies))).toHaveLength(
      Object.keys(manifest.dependencies).length,
    );
  });

  test("exports the factory that its manifest names, and the factory returns the manifest's card", async () => {
    const { factory, instances: _, protocol: __, ...card } = manifest.fallthrough;
    const module = await import(join(ROOT, folder, "src/index.ts"));

    expect(module[factory]()).toMatchObject(card);
  });

  test("leaves the network, the environment and errors to core", () => {
    expect(code.match(/\b(undici|process\.env|console|setTimeout|JSON\.parse|new Error)\b/g)).toBeNull();
  });

  test("runs the conformance suite", () => {
    expect(read(folder, "test/conformance.test.ts")).toMatch(/^testProvider\(/m);
  });

  test("has a README of five headings that names every host it talks to", () => {
    const readme = read(folder, "README.md");
    const hosts = [...code.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host = ""]) => host);
    const protocol = /## Protocol\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";

    expect(readme.match(/^##? .+/gm)).toEqual([
      `# ${manifest.name}`,
      "## Install",
      "## Use",
      "## Protocol",
      "## Status",
    ]);
    expect(readme.split("\n").length).toBeLessThanOrEqual(46);
    expect(hosts.filter((host) => !protocol.includes(host))).toEqual([]);
  });
});

describe.each(providers.filter((folder) => folder !== LARGER_PROVIDER))("%s", (folder) => {
  test("is small and has a test for each source file", () => {
    const sources = sourceFiles(folder);
    const tests = readdirSync(join(ROOT, folder, "test")).map((file) => file.replace(".alone.", "."));
    const lines = sources.flatMap((file) => codeLines(read(folder, "src", file))).length;
    const isWhole = WHOLE_PROTOCOLS.includes(folder);

    if (!isWhole) expect(PROVIDER_SOURCES).toEqual(expect.arrayContaining([...sources]));
    expect(lines).toBeLessThanOrEqual(
      isWhole
        ? WHOLE_PROTOCOL_CODE_LINES
        : PROVIDER_CODE_LINES + (sources.includes("session.ts") ? SESSION_CODE_LINES : 0),
    );
    for (const file of sources.filter((name) => name !== "index.ts")) {
      expect(tests).toContain(file.replace(".ts", ".test.ts"));
    }
  });
});

test.each(LICENSES)("%s is the licence of what is built in", (file, library) => {
  expect(read(file)).toBe(read(library, "LICENSE"));
});

test("a second protocol of a provider is small, too", () => {
  const files = readdirSync(join(ROOT, SECOND_PROTOCOL));
  const lines = files.flatMap((file) => codeLines(read(SECOND_PROTOCOL, file)));

  expect(lines.length).toBeLessThanOrEqual(WHOLE_PROTOCOL_CODE_LINES);
});

test("every package is public or a tool of ours, and a tool is checked and depended on by nobody", () => {
  const tools = packageFolders().filter(
    (folder) => folder.startsWith("packages/") && !packages.includes(folder),
  );
  const inside = tools.filter((folder) => basename(folder) in INSIDE);
  const names = tools
    .filter((folder) => !inside.includes(folder))
    .map((folder) => readJson(`${folder}/package.json`).name);
  const users = packageFolders().filter((folder) => {
    const { dependencies, devDependencies, peerDependencies } = readJson(`${folder}/package.json`);
    return names.some((name) => name in { ...dependencies, ...devDependencies, ...peerDependencies });
  });

  expect(tools.map((folder) => basename(folder)).sort()).toEqual([...TOOLS, ...Object.keys(INSIDE)].sort());
  for (const folder of inside) {
    const { dependencies, devDependencies } = readJson(`packages/${INSIDE[basename(folder)]}/package.json`);
    const { name, dependencies: own } = readJson(`${folder}/package.json`);
    // what is built into another package may need nothing beside it
    expect(own).toBeUndefined();
    expect(dependencies).not.toHaveProperty([name]);
    expect(devDependencies).toHaveProperty([name]);
  }
  expect(tools.filter((folder) => readJson(`${folder}/package.json`).scripts.typecheck !== "tsc")).toEqual(
    [],
  );
  expect(users).toEqual([]);
});

test("every example is private and checked", () => {
  const loose = examples.filter((folder) => {
    const { private: isPrivate, version, scripts } = readJson(`${folder}/package.json`);
    return !isPrivate || version || scripts.typecheck !== "tsc";
  });

  expect(loose).toEqual([]);
});

test.each(examples)("%s is run by a test, and its README of about ten lines says how to run it", (folder) => {
  const readme = read(`${folder}/README.md`);

  expect(readdirSync(join(ROOT, folder, "test")).filter((name) => name.endsWith(".test.ts"))).not.toEqual([]);
  expect(readme).toContain("```sh\n");
  expect(readme.trimEnd().split("\n").length).toBeGreaterThanOrEqual(8);
  expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(14);
  expect(read("examples/README.md")).toContain(`](${basename(folder)}/README.md)`);
});

test("every dependency comes from the catalog or the workspace", () => {
  const loose = ["", ...packageFolders()].flatMap((folder) => {
    const manifest = readJson(join(folder, "package.json"));
    return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
      Object.entries<string>(manifest[kind] ?? {})
        .filter(([, version]) => !/^(catalog|workspace):/.test(version))
        .map(([name, version]) => `${folder} ${kind} ${name}@${version}`),
    );
  });

  expect(loose).toEqual([]);
});

test("the package manager keeps to the catalog, waits for releases to settle and runs no foreign script", () => {
  const settings = read("pnpm-workspace.yaml");

  expect(settings).toContain("catalogMode: strict\n");
  expect(settings).toMatch(/minimumReleaseAge: \d{4,}\n/);
  expect(settings).toMatch(/onlyBuiltDependencies:\n {2}- esbuild\n(?! )/);
});

test("the testkit and core know no provider, not even in their tests", () => {
  const known = ["packages/testkit", "packages/core"].flatMap((folder) =>
    ourFolders(Object.keys(readJson(`${folder}/package.json`).devDependencies ?? {})),
  );

  expect(known.filter((name) => name !== "core")).toEqual([]);
});

function read(...path: readonly string[]): string {
  return readFileSync(join(ROOT, ...path), "utf8");
}

function sourceFiles(folder: string): readonly string[] {
  const names = readdirSync(join(ROOT, folder, "src"), { recursive: true }).map(String);
  return names.filter((name) => name.endsWith(".ts"));
}

function codeLines(code: string): readonly string[] {
  return code.split("\n").filter((line) => !/^\s*(\/\/|\/?\*|$)/.test(line));
}

/** Folders of those package names that are ours. */
function ourFolders(names: readonly string[]): readonly string[] {
  const folders = new Map(
    packages.map((folder) => [readJson(`${folder}/package.json`).name, basename(folder)]),
  );
  return names.flatMap((name) => folders.get(name) ?? []);
}
