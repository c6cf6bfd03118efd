// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadConfig } from "../src/load-config.ts";
import type { Shell } from "../src/shell.ts";
import { createApplication, runCommand } from "./command.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fallthrough-config-"));
  place("app/package.json", "{}");
});
afterEach(() => rmSync(root, { recursive: true }));

function place(path: string, text: string | Buffer): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function load(
  directory: string,
  named?: string,
  environment: Readonly<Record<string, string>> = {},
): ReturnType<typeof loadConfig> {
  const shell: Shell = {
    directory: join(root, directory),
    environment: { HOST: "example.test", ...environment },
    input: new PassThrough(),
    output: new PassThrough(),
    notes: new PassThrough(),
    signal: new AbortController().signal,
  };
  return loadConfig(shell, named);
}

test("no file is an empty configuration for the working directory", async () => {
  expect(await load("app")).toEqual({ config: {}, directory: join(root, "app"), problems: [] });
});

test("the file is found between the working directory and the manifest", async () => {
  place("app/fallthrough.config.json", '{ "aliases": { "fast": "${HOST}" } }');
  place("app/src/deep/file", "");

  expect((await load("app/src/deep")).config).toEqual({ aliases: { fast: "example.test" } });
});

test("a file above the application's manifest is not read, and that is told", async () => {
  place("fallthrough.config.json", '{ "order": ["a"] }');

  const { config, problems } = await load("app");

  expect(config).toEqual({});
  expect(problems.map(String)).toEqual([
    expect.stringContaining('fallthrough.config.json" is in a folder above the application and is not read'),
  ]);
});

test.each([
  ["fallthrough.config.jsonc", '// first\n{ "order": ["a"], /* and */ "deny": ["b",], }'],
  ["fallthrough.config.json", '{ "$schema": "./x.json", "order": ["a"], "deny": ["b"] }'],
  ["fallthrough.config.json", Buffer.from('\uFEFF{ "order": ["a"], "deny": ["b"] }', "utf16le")],
  ["fallthrough.config.json", Buffer.from('{ "order": ["a"], "deny": ["b"] }', "utf16le").swap16()],
  ["fallthrough.config.js", 'module.exports = { order: ["a"], deny: ["b"] };'],
  ["fallthrough.config.cjs", 'module.exports = { order: ["a"], deny: ["b"] };'],
  ["fallthrough.config.mjs", 'export default Promise.resolve({ order: ["a"], deny: ["b"] });'],
])("%s is read", async (name, text) => {
  place(`app/${name}`, text);

  expect((await load("app")).config).toEqual({ order: ["a"], deny: ["b"] });
});

test("TypeScript is read where Node.js does so, and refused by name where it does not", async () => {
  // by the built command, because vitest reads TypeScript itself
  const application = createApplication(["pizzagpt"]);
  application.place(
    "fallthrough.config.ts",
    'const fast: string = "pizzagpt";\nexport default { aliases: { fast } };',
  );

  const { code, stdout, stderr } = await runCommand(["models", "--json"], application);

  if ((process.features as { typescript?: unknown }).typescript) {
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('"fast"');
  } else {
    expect(code).toBe(2);
    expect(stdout + stderr).toContain("22.18");
  }
  application.remove();
});

test.each([
  [".fallthroughrc", "fallthrough.config.json"],
  [".fallthroughrc.json", "fallthrough.config.json"],
  [".fallthroughrc.cjs", "fallthrough.config.cjs"],
  ["fallthrough.json", "fallthrough.config.json"],
  ["fallthrough.config.yaml", "fallthrough.config.json"],
  ["fallthrough.config.tsx", "fallthrough.config.ts"],
  ["Fallthrough.Config.jsonc", "fallthrough.config.jsonc"],
  ["fallthrough-config.json", "fallthrough.config.json"],
  ["falthrough.config.mjs", "fallthrough.config.mjs"],
  ["fallthrough.conf.toml", "fallthrough.config.json"],
  ["fallthrough.cfg.json", "fallthrough.config.json"],
  [".config/fallthrough.json", "fallthrough.config.json"],
  [".config/fallthrough.config.mjs", "fallthrough.config.mjs"],
])("%s is refused with the right name", async (stray, right) => {
  place(`app/${stray}`, "{}");

  const error = await load("app").catch((reason: unknown) => reason);

  expect(error).toMatchObject({
    code: "config",
    message: expect.stringMatching(new RegExp(`${stray}" is not read, expected .* ${right}$`)),
  });
});

test.each(["fallthrough.js", "fallthrough.md", "fallthrough.config.json~", "fallthrough.config.json.bak"])(
  "%s is nobody's configuration",
  async (name) => {
    place(`app/${name}`, "{}");

    expect(await load("app")).toMatchObject({ config: {}, problems: [] });
  },
);

test("a configuration in the manifest is refused with the right name, and the card of a provider is none", async () => {
  place("app/package.json", '{ "name": "app", "fallthrough": { "order": ["a"] } }');

  await expect(load("app")).rejects.toMatchObject({
    code: "config",
    message: expect.stringMatching(
      /`fallthrough` of ".*package\.json" is not read, expected .*config\.json$/,
    ),
  });

  place("app/package.json", '{ "name": "app", "fallthrough": { "id": "a", "factory": "createA" } }');
  expect(await load("app")).toMatchObject({ config: {}, problems: [] });
});

test("a file of another name beside the one that is read is refused", async () => {
  place("app/fallthrough.config.json", "{}");
  place("app/.fallthroughrc", "{}");

  await expect(load("app")).rejects.toThrow("expected nothing beside fallthrough.config.json");
});

test("a module that has changed is read again, of either kind", async () => {
  place("app/fallthrough.config.cjs", 'module.exports = { order: ["a"] };');
  await load("app");
  place("app/fallthrough.config.cjs", 'module.exports = { order: ["changed"] };');
  const later = new Date(Date.now() + 5_000);
  utimesSync(join(root, "app/fallthrough.config.cjs"), later, later);

  expect((await load("app")).config).toEqual({ order: ["changed"] });
});

test("a variable with our prefix that nobody reads is told with the name that was meant", async () => {
  const { problems } = await load("app", undefined, { FALLTHROUGH_TOKN: "hunter2" });

  expect(problems.map(({ message }) => message)).toEqual([
    "environment variable FALLTHROUGH_TOKN is read by nobody, expected FALLTHROUGH_TOKEN",
  ]);
});

test("a variable that the configuration names is read", async () => {
  place("app/fallthrough.config.json", '{ "settings": { "a": { "apiKeyEnv": "FALLTHROUGH_MINE" } } }');

  expect((await load("app", undefined, { FALLTHROUGH_MINE: "x", FALLTHROUGH_TOKEN: "x" })).problems).toEqual(
    [],
  );
});

test("a module gives its default export as it is", async () => {
  place("app/fallthrough.config.mjs", 'export default { order: ["${HOST}"] };');

  expect((await load("app")).config).toEqual({ order: ["${HOST}"] });
});

test("a named file is for the application around it", async () => {
  place("other/package.json", "{}");
  place("other/config/mine.json", '\uFEFF{ "order": ["a"] }');

  expect(await load("app", "../other/config/mine.json")).toEqual({
    config: { order: ["a"] },
    directory: join(root, "other"),
    file: join(root, "other/config/mine.json"),
    problems: [],
  });
});

test("a named file outside of any application is for the one of the working directory", async () => {
  place("mine.json", "{}");

  expect((await load("app", "../mine.json")).directory).toBe(join(root, "app"));
});

test.each([
  [
    "broken JSON",
    "fallthrough.config.json",
    '{\n"a": "hunter2",\n"b" "c" }',
    "no valid JSON in line 3, column 5: colon expected",
  ],
  [
    "a wrong key",
    "fallthrough.config.json",
    '{ "orders": [] }',
    "fallthrough.config.json: key `orders` is unknown",
  ],
  [
    "a key that stands twice",
    "fallthrough.config.json",
    '{ "order": [],\n"order": [] }',
    '"order" a second time in line 2, column 1',
  ],
  [
    "bytes that are no text",
    "fallthrough.config.json",
    Buffer.from([123, 0xff, 0xc3, 125]),
    "no text in UTF-8",
  ],
  [
    "a module that is no JavaScript",
    "fallthrough.config.mjs",
    "export default {\n  a: 'hunter2' 'b' };",
    "could not be loaded in line 2",
  ],
  [
    "a module without default export",
    "fallthrough.config.mjs",
    "export const order = [];",
    "no default export",
  ],
  [
    "a module that throws",
    "fallthrough.config.mjs",
    '\n throw new Error("broken");',
    "could not be loaded in line 2, column 8: broken",
  ],
])("%s is a config error that names the file", async (_, name, text, message) => {
  place(`app/${name}`, text);

  const error = await load("app").catch((reason: unknown) => reason);

  expect(error).toMatchObject({ code: "config", message: expect.stringContaining(message) });
  expect(String(error)).toContain(name);
  expect(String(error)).not.toContain("hunter2");
});

test("two files in one folder are a config error", async () => {
  place("app/fallthrough.config.json", "{}");
  place("app/fallthrough.config.mjs", "export default {};");

  await expect(load("app")).rejects.toMatchObject({ code: "config" });
});

test("a module that never settles is a config error", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  place("app/fallthrough.config.mjs", "export default new Promise(() => {});");
  const loading = load("app").catch((reason: unknown) => reason);
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();

  expect(await loading).toMatchObject({ code: "config", message: expect.stringContaining("did not settle") });
});

test("a folder in the place of a configuration is a config error", async () => {
  await expect(load("app", ".")).rejects.toMatchObject({
    code: "config",
    message: "`.` is a folder, expected a configuration file",
  });
});

test("a named file that does not exist is a config error", async () => {
  await expect(load("app", "none.json")).rejects.toMatchObject({
    code: "config",
    message: "configuration file `none.json` does not exist",
  });
});
