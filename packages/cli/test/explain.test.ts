import { afterAll, expect, test } from "vitest";
import { createApplication, runCommand } from "./command.ts";

const application = createApplication(["pizzagpt", "fakegpt"], {
  aliases: { fast: ["pizzagpt", "fakegpt"] },
});
afterAll(() => application.remove());

test("each step from a name to those who are asked is told", async () => {
  const { code, stdout } = await runCommand(["explain", "fast"], application);

  expect(stdout).toMatch(/fast/);
  expect(stdout).toMatch(/pizzagpt\/gpt-4o-mini +well +asked/);
  expect(stdout).toMatch(/fakegpt\/text-davinci-002-render-sha/);
  expect(code).toBe(0);
});

test("the steps in JSON are a list", async () => {
  const { stdout } = await runCommand(["explain", "gpt-4o-mini", "--json"], application);

  expect(JSON.parse(stdout)).toBeInstanceOf(Array);
});

test("an unknown name is a usage error with the nearest match", async () => {
  const { code, stderr } = await runCommand(["explain", "pizagpt"], application);

  expect(stderr).toMatch(/mean.*pizzagpt/);
  expect(code).toBe(2);
});
