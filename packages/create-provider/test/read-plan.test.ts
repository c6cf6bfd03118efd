import { expect, test } from "vitest";
import { readPlan } from "../src/read-plan.ts";

test("without a terminal everything but the id has a default", async () => {
  expect(await readPlan(["my-site"])).toEqual({
    id: "my-site",
    template: "json",
    origin: "https://my-site.example",
    name: "My Site",
    folder: "my-site",
  });
});

test("flags go before defaults, and the prefix of the package name is no part of the id", async () => {
  const args = [
    "fallthrough-provider-x",
    "--template",
    "ndjson",
    "--origin",
    "https://x.example",
    "--name",
    "The X",
  ];

  expect(await readPlan([...args, "--folder", "packages/x"])).toEqual({
    id: "x",
    template: "ndjson",
    origin: "https://x.example",
    name: "The X",
    folder: "packages/x",
  });
});

test("what the arguments leave open is asked, and nothing else", async () => {
  const asked: string[] = [];

  const plan = await readPlan(["my-site", "--name", "Mine"], async (question, byDefault) => {
    asked.push(question.split(" ")[0] ?? "");
    return question.startsWith("template") ? "openai" : byDefault;
  });

  expect(asked).toEqual(["template", "origin"]);
  expect(plan).toMatchObject({ template: "openai", origin: "https://my-site.example", name: "Mine" });
});

test.each([
  ["a missing id", [], "no id"],
  ["an unknown flag", ["my-site", "--colour", "red"], "--colour"],
])("%s is refused", async (_, args, problem) => {
  await expect(readPlan(args)).rejects.toThrow(problem);
});
