import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../scripts/workspace.mjs";

const FOLDER = join(ROOT, ".github/workflows");
const workflows = readdirSync(FOLDER).map(
  (file) => [file, readFileSync(join(FOLDER, file), "utf8")] as const,
);

test.each(workflows)("%s pins every action, caches nothing and grants each job its own rights", (_, text) => {
  const actions = text.match(/uses: .+/g) ?? [];
  const jobs = text.match(/^ {4}runs-on:/gm) ?? [];

  expect(actions.filter((action) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([]);
  expect(text).toMatch(/^permissions: \{\}$/m);
  expect(text.match(/^ {4}permissions:/gm)).toHaveLength(jobs.length);
  expect(text.match(/setup-node@/g)).toHaveLength(text.match(/package-manager-cache: false/g)?.length ?? 0);
  expect(text).not.toMatch(/actions\/cache|cache: (?:npm|pnpm|yarn)|secrets\./);
});

test("CI has a job on Windows for the packages that meet its paths and processes", () => {
  const jobs = readFileSync(join(FOLDER, "ci.yml"), "utf8").split(/^ {2}(?=\w+:$)/m);
  const windows = jobs.find((job) => job.includes("windows-latest")) ?? "";

  expect(windows).toMatch(/npm test -- (?:packages\/[\w-]+ ?)+$/m);
  const folders = windows.match(/packages\/[\w-]+/g) ?? [];
  expect(folders).toEqual(expect.arrayContaining(["packages/create-provider", "packages/cli"]));
  for (const folder of folders) expect(existsSync(join(ROOT, folder))).toBe(true);
});

test("the job that may publish runs no code of the repository", () => {
  const [, publish = ""] = readFileSync(join(FOLDER, "release.yml"), "utf8").split(/^ {2}publish:$/m);

  expect(publish).toContain("id-token: write");
  expect(publish).toContain("npm publish");
  expect(publish).not.toMatch(/checkout@|npm (?:install|ci|run|test|exec)|npx/);
});
