import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { FLAWS } from "./flawed/flaws.ts";

const run = promisify(execFile);
/** The title of the first case that fails, by the name of the flaw. */
let first: Readonly<Record<string, string | undefined>>;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const file = join(folder, "results.json");
  const script = fileURLToPath(new URL("flawed/run.mjs", import.meta.url));
  const { VITEST: _, ...env } = process.env;
  await run(process.execPath, [script], { env: { ...env, FLAWED_RESULTS: file } });
  first = JSON.parse(readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
}, 300_000);

test.each(Object.entries(FLAWS))(
  "a provider that %s fails the case that names it, and none before",
  (name, { caughtBy }) => {
    expect(first[name]).toBe(caughtBy);
  },
);

test("the README lists every planted defect with its case", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rows = [...readme.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)].map(
    ([, name, title]) => `${name}: ${title}`,
  );
  const planted = Object.entries(FLAWS).map(([name, { caughtBy }]) => `${name}: ${caughtBy}`);

  expect(rows).toEqual(expect.arrayContaining(planted));
});

test("a provider that has no flaw passes", () => {
  expect(first).not.toHaveProperty("has no flaw");
});
