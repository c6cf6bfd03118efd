import { createRegistry } from "@fallthrough/registry";
import { expect, test } from "vitest";
import type { Config } from "../src/config.ts";
import { referenceProblems } from "../src/reference-problems.ts";

const CARD = {
  specificationVersion: 1,
  name: "x",
  homepage: "https://x.test",
  status: { state: "active", checked: "2026-01-01" },
} as const;

function problemsOf(
  aliases: Config["aliases"],
  serve?: Config["serve"],
  isOpen = false,
): Promise<readonly string[]> {
  const models = isOpen ? [] : [{ id: "gpt-4o-mini" }];
  const provider = { ...CARD, id: "pizzagpt", models, async *stream() {} };
  const registry = createRegistry({ providers: [provider as never], aliases });
  return referenceProblems(registry, { serve }).then((all) => all.map(({ error }) => error.message));
}

test.each([
  ["a provider", "pizagpt"],
  ["a model", "gpt-4o-mni"],
  ["a reference", "pizagpt/gpt-4o-mini"],
])("an alias to %s with a typing error is told", async (_, target) => {
  expect(await problemsOf({ fast: ["auto", target] })).toEqual([expect.stringContaining(`"${target}"`)]);
});

test("where a server may know any name, only a typing error is told", async () => {
  expect(await problemsOf({ fast: "llama4" }, undefined, true)).toEqual([]);
  expect(await problemsOf({ fast: "pizagpt" }, undefined, true)).toEqual([
    'alias "fast": "pizagpt" is no name that is known, expected "pizzagpt", or a model that a server has',
  ]);
});

test("the models of a token are names too", async () => {
  const tokens = { anna: { token: "0123456789abcdef", models: ["fst", "gpt-*", "fast"] } };

  expect(await problemsOf({ fast: "pizzagpt" }, { tokens })).toEqual([
    expect.stringMatching(/^key `serve.tokens.anna.models`: unknown model "fst", did you mean "fast"/),
  ]);
});

test("a pattern of a token names a provider that has to be known, and models that need not be", async () => {
  const tokens = { anna: { token: "0123456789abcdef", models: ["pizagpt/*", "pizzagpt/gpt-5*", "*/gpt-*"] } };

  expect(await problemsOf({}, { tokens })).toEqual([
    expect.stringMatching(/^key `serve.tokens.anna.models`: .*"pizagpt".*"pizzagpt"/),
  ]);
});

test.each([
  ["an unknown option", { maxCall: 3 }, "option `maxCall` is unknown, expected `maxCalls`"],
  ["a form of the log that is none", { log: "jsn" }, "the log has no such form"],
])("%s of the gateway is told by every command", async (_, serve, message) => {
  expect(await problemsOf({}, serve as never)).toEqual([expect.stringContaining(message)]);
});
