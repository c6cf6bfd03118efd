import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readJson } from "../../src/files/read-json.ts";

function write(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "read-json-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "a.json"), text);
  return join(folder, "a.json");
}

test("a byte order mark is no part of the JSON", () => {
  expect(readJson(write('\uFEFF{"a":1}'))).toEqual({ a: 1 });
});

test("what is no JSON is told by its line, and nothing of it is quoted", () => {
  expect(() => readJson(write('{\n"a": "hunter2",\n"b" "c" }'))).toThrow(/^no valid JSON in line 3$/);
});

test("a file that ends too early is told, too", () => {
  expect(() => readJson(write("{"))).toThrow(/^no valid JSON/);
});

test("a file that is not there is the file system's error", () => {
  expect(() => readJson(`${write("{}")}x`)).toThrow(/ENOENT/);
});
