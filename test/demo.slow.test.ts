import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../scripts/workspace.mjs";

test("every scene of the demo ends as promised, on stand-ins", { timeout: 120_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/demo.mjs"], { cwd: ROOT });

  expect(stdout).toContain("no text leaves this machine");
  expect(stdout).toMatch(/^chatgptt\/\S+ +failed +blocked/m);
  expect(stdout).toMatch(/^fakegpt\/\S+ +answered/m);
  expect(stdout).toMatch(/^fakegpt\/\S+ +skipped +retired/m);
  expect(stdout).toMatch(/no provider answered \(3 asked, 1 skipped\)/);
  expect(stdout).toMatch(/pizzagpt.*skipped.*cooling/);
  expect(stdout).toContain("4 of 4 scenes ended as promised");
});
