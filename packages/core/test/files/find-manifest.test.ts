import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findManifest } from "../../src/files/find-manifest.ts";

function write(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "manifest-")));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test.each([
  ["a name", '{"name":"inner"}'],
  ["dependencies", '{"dependencies":{}}'],
  ["development dependencies", '{"devDependencies":{}}'],
  ["workspaces", '{"workspaces":[]}'],
  ["a byte order mark and a name", '\uFEFF{"name":"inner"}'],
])("the nearest manifest with %s is the application's", (_, text) => {
  const root = write({ "package.json": '{"name":"outer"}', "dist/package.json": text });

  expect(findManifest(join(root, "dist"))).toBe(join(root, "dist/package.json"));
});

test.each(['{"type":"module"}', "{}", '\uFEFF{"type":"commonjs","private":true}'])(
  "%j between a folder and the application is passed over",
  (text) => {
    const root = write({ "package.json": '{"name":"outer"}', "dist/esm/package.json": text });

    expect(findManifest(join(root, "dist/esm/deep"))).toBe(join(root, "package.json"));
  },
);

test.each(["{", "null", '"text"'])(
  "a manifest that holds %j is found, so that its reader can tell",
  (text) => {
    const root = write({ "package.json": '{"name":"outer"}', "app/package.json": text });

    expect(findManifest(join(root, "app"))).toBe(join(root, "app/package.json"));
  },
);

test("a manifest that says only its type is the application's where none is above", () => {
  const root = write({ "a/package.json": '{"type":"module"}', "a/b/package.json": "{}" });

  expect(findManifest(join(root, "a/b"))).toBe(join(root, "a/b/package.json"));
});
