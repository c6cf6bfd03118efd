import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Application, createApplication, runCommand } from "./command.ts";

const created: Application[] = [];
let application: Application;

beforeEach(() => {
  application = createApplication(["pizzagpt", "openai"], {
    order: ["pizzagpt", "ollama"],
    aliases: { fast: "pizzagpt" },
  });
  created.push(application);
});
afterAll(() => {
  for (const { remove } of created) remove();
});

function written(file = "providers.gen.ts"): string {
  return readFileSync(join(application.directory, file), "utf8");
}

test("the module imports each declared package once, and makes every accepted provider", async () => {
  const { code, stderr } = await runCommand(["sync"], application);

  const text = written();
  expect(code).toBe(0);
  expect(stderr).toContain("providers.gen.ts has pizzagpt, ollama");
  expect(text.match(/^import \{.*/gm)).toEqual([
    'import { createPizzagpt } from "@fallthrough/provider-pizzagpt";',
    'import { createOpenAI } from "@fallthrough/provider-openai";',
  ]);
  expect(text).toContain('    createPizzagpt(settings["pizzagpt"]),\n');
  expect(text).toMatch(
    / {4}createOpenAI\(\{ \.\.\.\{"id":"ollama","baseURL":.+\}, \.\.\.settings\["ollama"\] \}\),\n/,
  );
});

test("the names that can be asked for are a type", async () => {
  await runCommand(["sync", "--out", "names.ts"], application);

  const [, names = ""] = /InstalledModel =\n([\s\S]+?);/.exec(written("names.ts")) ?? [];
  expect(names.split("\n").map((line) => line.trim())).toEqual(
    expect.arrayContaining([
      '| "auto"',
      '| "fast"',
      '| "gpt-4o-mini"',
      '| "pizzagpt/gpt-4o-mini"',
      expect.stringMatching(/^\| `ollama\/\$\{string\}`$/),
    ]),
  );
});

test("a module that is not what is installed is told, and left as it is", async () => {
  await runCommand(["sync"], application);
  const same = await runCommand(["sync", "--check"], application);
  application.place("providers.gen.ts", "old");

  const changed = await runCommand(["sync", "--check"], application);

  expect(same.code).toBe(0);
  expect(changed.code).toBe(2);
  expect(changed.stderr).toContain("run `fallthrough sync`");
  expect(written()).toBe("old");
});
