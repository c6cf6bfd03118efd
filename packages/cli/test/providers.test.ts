import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createApplication, runCommand } from "./command.ts";

const application = createApplication(["pizzagpt", "fakegpt"]);
afterAll(() => application.remove());

test("providers are listed with package, path and the reason for taking them", async () => {
  const { code, stdout } = await runCommand(["providers"], application);

  expect(stdout).toMatch(/^pizzagpt +@fallthrough\/provider-pizzagpt@\d+\.\d+\.\d+ .*unverified/m);
  expect(stdout).toMatch(/^fakegpt +@fallthrough\/provider-fakegpt@\d+\.\d+\.\d+ .*retired/m);
  expect(stdout).toContain("dependencies");
  expect(code).toBe(0);
});

test("providers in JSON are their cards with the source", async () => {
  const { stdout } = await runCommand(["providers", "--json"], application);

  expect(JSON.parse(stdout)).toMatchObject([
    {
      id: "pizzagpt",
      status: { state: "unverified" },
      source: {
        package: "@fallthrough/provider-pizzagpt",
        path: expect.stringContaining(join("packages", "provider-pizzagpt")),
        reason: expect.stringContaining("dependencies"),
      },
    },
    { id: "fakegpt", status: { state: "retired" } },
  ]);
});

test("a package that was left out is told on stderr", async () => {
  const broken = createApplication(["pizzagpt"], { order: ["pizzagpt"] });
  broken.install("fallthrough-provider-odd", {
    "package.json": {
      name: "fallthrough-provider-odd",
      version: "1.0.0",
      fallthrough: { specificationVersion: 9 },
    },
  });

  const { code, stdout, stderr } = await runCommand(["providers"], broken);

  expect(stdout).toMatch(/^pizzagpt/m);
  expect(stderr).toContain('package "fallthrough-provider-odd": is written for version 9 of the contract');
  expect(code).toBe(0);
  broken.remove();
});
