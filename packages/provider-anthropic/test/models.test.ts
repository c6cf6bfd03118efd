import { expect, test } from "vitest";
import { readModels } from "../src/models.ts";

test("models are read with their windows, and with where the next page begins", () => {
  const data = [{ id: "a", max_input_tokens: 200_000 }, { id: "b", max_input_tokens: null }, { id: 7 }];

  expect(readModels({ data, has_more: true, last_id: "b" })).toEqual({
    models: [{ id: "a", contextWindow: 200_000 }, { id: "b" }],
    next: "b",
  });
  expect(readModels({ data, has_more: false, last_id: "b" }).next).toBeUndefined();
  expect(readModels({ data }).next).toBeUndefined();
});

test.each([[{}], [[]], [null], [{ data: "none" }]])("%j is no list", (value) => {
  expect(() => readModels(value)).toThrow(expect.objectContaining({ code: "protocol" }));
});
