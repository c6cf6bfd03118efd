import { expect, test } from "vitest";
import { readModels } from "../src/models.ts";

test("models that chat are read with their windows, and with where the next page begins", () => {
  const models = [
    { name: "models/a", inputTokenLimit: 1000, supportedGenerationMethods: ["generateContent"] },
    { name: "models/b", supportedGenerationMethods: ["embedContent"] },
    { name: "tunedModels/c" },
    { displayName: "without a name" },
  ];

  expect(readModels({ models, nextPageToken: "next" })).toEqual({
    models: [{ id: "a", contextWindow: 1000 }, { id: "tunedModels/c" }],
    next: "next",
  });
  expect(readModels({}).next).toBeUndefined();
  expect(readModels({}).models).toEqual([]);
});

test.each([[[]], [7], [{ models: "none" }]])("%j is no list", (value) => {
  expect(() => readModels(value)).toThrow(expect.objectContaining({ code: "protocol" }));
});
