import { afterAll, expect, test } from "vitest";
import { createApplication, runCommand } from "./command.ts";

const application = createApplication(["pizzagpt", "fakegpt"], {
  aliases: { fast: ["pizzagpt", "fakegpt"] },
});
afterAll(() => application.remove());

test("models are listed with the names they answer to, then the aliases", async () => {
  const { code, stdout } = await runCommand(["models"], application);

  expect(stdout).toMatch(/^pizzagpt\/gpt-4o-mini\b/m);
  expect(stdout).toMatch(/^fakegpt\/text-davinci-002-render-sha +gpt-3\.5-turbo\b/m);
  expect(stdout).toMatch(/^fast +pizzagpt, fakegpt +alias$/m);
  expect(code).toBe(0);
});

test("JSON has every row of the table", async () => {
  const { stdout } = await runCommand(["models", "--json"], application);

  expect(JSON.parse(stdout)).toMatchObject([
    { reference: "pizzagpt/gpt-4o-mini", provider: "pizzagpt", status: "unverified" },
    { reference: "fakegpt/text-davinci-002-render-sha", provider: "fakegpt" },
    { alias: "fast", targets: ["pizzagpt", "fakegpt"] },
  ]);
});

test("an application without providers is told what to install", async () => {
  const empty = createApplication([]);

  const { code, stdout, stderr } = await runCommand(["models"], empty);

  expect(stdout).toBe("");
  expect(stderr).toContain("npm init -y && npm install @fallthrough/provider-...");
  expect(code).toBe(0);
  empty.remove();
});
