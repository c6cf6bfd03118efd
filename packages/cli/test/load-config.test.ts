// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../src/load-config.ts";
import type { Shell } from "../src/shell.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fallthrough-config-"));
  place("app/package.json", "{}");
});
afterEach(() => rmSync(root, { recursive: true }));

function place(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function load(directory: string, named?: string): ReturnType<typeof loadConfig> {
  const shell: Shell = {
    directory: join(root, directory),
    environment: { HOST: "example.test" },
    input: new PassThrough(),
    output: new PassThrough(),
    notes: new PassThrough(),
    signal: new AbortController().signal,
  };
  return loadConfig(shell, named);
}

test("no file is an empty configuration for the working directory", async () => {
  expect(await load("app")).toEqual({ config: {}, directory: join(root, "app") });
});

test("the file is found between the working directory and the manifest", async () => {
  place("app/fallthrough.config.json", '{ "aliases": { "fast": "${HOST}" } }');
  place("app/src/deep/file", "");

  expect((await load("app/src/deep")).config).toEqual({ aliases: { fast: "example.test" } });
});

test("a file above the application's manifest is not read", async () => {
  place("fallthrough.config.json", '{ "order": ["a"] }');

  expect((await load("app")).config).toEqual({});
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
  });
});

test("a named file outside of any application is for the one of the working directory", async () => {
  place("mine.json", "{}");

  expect((await load("app", "../mine.json")).directory).toBe(join(root, "app"));
});

test.each([
  ["broken JSON", "fallthrough.config.json", '{\n"a": "hunter2",\n"b" "c" }', "no valid JSON in line 3"],
  [
    "a wrong key",
    "fallthrough.config.json",
    '{ "orders": [] }',
    "fallthrough.config.json: key `orders` is unknown",
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
    'throw new Error("broken");',
    "could not be loaded: broken",
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

test("a named file that does not exist is a config error", async () => {
  await expect(load("app", "none.json")).rejects.toMatchObject({
    code: "config",
    message: "configuration file `none.json` does not exist",
  });
});
