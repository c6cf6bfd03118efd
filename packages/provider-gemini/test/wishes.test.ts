import type { JsonObject } from "@fallthrough/core";
import { wishFields } from "@fallthrough/core/provider";
import { expect, test } from "vitest";
import { CONCESSIONS, WISHES } from "../src/wishes.ts";

function conceded(name: string, body: JsonObject): JsonObject | undefined {
  return CONCESSIONS.find(({ field }) => field === name)?.apply(body);
}

test.each([
  [undefined, "gemini-3-flash", undefined],
  ["none", "gemini-3-flash", { thinkingLevel: "MINIMAL" }],
  ["none", "gemini-2.5-flash", { thinkingBudget: 0 }],
  ["xhigh", "gemini-3-flash", { includeThoughts: true, thinkingLevel: "XHIGH" }],
  ["low", "models/gemini-2.5-pro", { includeThoughts: true, thinkingBudget: 2048 }],
] as const)("the effort %s of %s is asked for as %j", (effort, model, thinking) => {
  const { fields } = wishFields({ messages: [], reasoningEffort: effort }, WISHES, model);

  expect(fields).toEqual(thinking === undefined ? {} : { generationConfig: { thinkingConfig: thinking } });
});

test("a model that takes no level gets a number of tokens, and one that takes none is asked without", () => {
  const level = {
    generationConfig: { thinkingConfig: { includeThoughts: true, thinkingLevel: "LOW" }, seed: 1 },
  };
  const budget = {
    generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 }, seed: 1 },
  };

  expect(conceded("thinkingLevel", level)).toEqual(budget);
  expect(conceded("thinkingConfig", level)).toBeUndefined();
  expect(conceded("thinkingLevel", budget)).toBeUndefined();
  expect(conceded("thinkingConfig", budget)).toEqual({ generationConfig: { seed: 1 } });
  expect(conceded("thinkingConfig", { generationConfig: {} })).toBeUndefined();
});

test("both penalties are given up together, and other wishes one by one", () => {
  const body = { generationConfig: { presencePenalty: 1, frequencyPenalty: 1, seed: 1 } };

  expect(conceded("presencePenalty", body)).toEqual({ generationConfig: { seed: 1 } });
  expect(conceded("seed", body)).toEqual({ generationConfig: { presencePenalty: 1, frequencyPenalty: 1 } });
  expect(conceded("topK", body)).toBeUndefined();
});

test("the first of the calls that nobody signed gets what stands for a signature", () => {
  const call = (name: string, more: object = {}): JsonObject => ({ functionCall: { name }, ...more });
  const signed = { role: "model", parts: [call("a", { thoughtSignature: "s" }), call("b")] };
  const user = { role: "user", parts: [{ text: "Hi" }] };

  expect(
    conceded("thoughtSignature", {
      contents: [user, signed, { role: "model", parts: [{ text: "x" }, call("c"), call("d")] }],
    }),
  ).toEqual({
    contents: [
      user,
      signed,
      {
        role: "model",
        parts: [
          { text: "x" },
          call("c", { thoughtSignature: "skip_thought_signature_validator" }),
          call("d"),
        ],
      },
    ],
  });
  expect(conceded("thoughtSignature", { contents: [user, signed] })).toBeUndefined();
});
