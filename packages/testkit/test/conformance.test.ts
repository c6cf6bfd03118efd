import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { FLAWS } from "./flawed/flaws.ts";

interface CaseResult {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

const run = promisify(execFile);
let results: readonly CaseResult[];

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const file = join(folder, "results.json");
  const script = fileURLToPath(new URL("flawed/run.mjs", import.meta.url));
  const names = Object.entries(FLAWS).map(([name, { caughtBy }]) => `${name} conformance ${caughtBy}`);
  const pattern = ["has no flaw ", ...names.map((name) => name.replace(/[().`]/g, "\\$&"))].join("|");
  const { VITEST: _, ...env } = process.env;
  await run(process.execPath, [script, file, pattern], { env });
  results = JSON.parse(readFileSync(file, "utf8")).testResults[0].assertionResults;
  rmSync(folder, { recursive: true });
}, 120_000);

test.each(Object.entries(FLAWS))(
  "a provider that %s is caught by the case that names it",
  (name, { caughtBy }) => {
    expect(failures(name)).toContain(caughtBy);
  },
);

test("a provider that has no flaw passes, and what it declares missing is skipped", () => {
  const own = results.filter(({ ancestorTitles }) => ancestorTitles[0] === "has no flaw");

  expect(failures("has no flaw")).toEqual([]);
  expect(own.filter(({ status }) => status === "skipped").map(({ title }) => title.split(":")[0])).toEqual([
    "tools",
    "images",
    "usage",
  ]);
});

function failures(name: string): readonly string[] {
  const own = results.filter(({ ancestorTitles }) => ancestorTitles[0] === name);
  return own.filter(({ status }) => status === "failed").map(({ title }) => title);
}
