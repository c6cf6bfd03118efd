import { expect, test } from "vitest";
import { type WishTable, wishFields } from "../../src/provider.ts";

const WISHES: WishTable = {
  seed: "config.seed",
  topK: "config.top_k",
  parallelToolCalls: "parallel",
  temperature: (value, { seed }) => (seed === undefined ? { temperature: value } : "a seed excludes it"),
  reasoningEffort: (effort, _, model) => ({ config: { effort: `${effort} for ${model}` } }),
};

function read(request: object): ReturnType<typeof wishFields> {
  return wishFields({ messages: [], ...request }, WISHES, "m");
}

test("wishes stand at their paths, beside each other", () => {
  expect(read({ seed: 0, topK: 2, reasoningEffort: "low", frequencyPenalty: 1 })).toEqual({
    fields: { config: { seed: 0, top_k: 2, effort: "low for m" } },
    adjusted: [],
  });
});

test("a wish that another one excludes is left out, with the reason", () => {
  expect(read({ temperature: 1 }).fields).toEqual({ temperature: 1 });
  expect(read({ temperature: 1, seed: 1 })).toEqual({
    fields: { config: { seed: 1 } },
    adjusted: ["`temperature` was left out, because a seed excludes it"],
  });
});

test("how tools are called is asked for where there are tools", () => {
  const tools = [{ name: "look", parameters: {} }];

  expect(read({ parallelToolCalls: false }).fields).toEqual({});
  expect(read({ parallelToolCalls: false, tools: [] }).fields).toEqual({});
  expect(read({ parallelToolCalls: false, tools }).fields).toEqual({ parallel: false });
});
