import { expect, test } from "vitest";
import { readModelPage } from "../../src/provider.ts";

const FORM = {
  list: "data",
  model: ({ id, size: contextWindow, chats }: { readonly [name: string]: unknown }) =>
    chats === false ? undefined : { id, contextWindow },
  next: ({ next }: { readonly [name: string]: unknown }) => next,
};

test("models are read with their windows, and with what asks for the next page", () => {
  const data = [{ id: "a", size: 9 }, { id: "b", size: "9" }, { id: "c", chats: false }, { id: 7 }, null];

  expect(readModelPage({ data, next: "b" }, FORM)).toEqual({
    models: [{ id: "a", contextWindow: 9 }, { id: "b" }],
    next: "b",
  });
  expect(readModelPage({ data: [], next: 7 }, FORM)).toEqual({ models: [], next: undefined });
});

test.each([[{}], [[]], [null], [{ data: "none" }]])("%j is no page of models", (value) => {
  expect(() => readModelPage(value, FORM)).toThrow(
    expect.objectContaining({ code: "protocol", message: expect.stringContaining("`data`") }),
  );
});

test("a page without models may have no list, but it is a page", () => {
  const form = { ...FORM, optional: true };

  expect(readModelPage({}, form).models).toEqual([]);
  for (const value of [[], null, "x", { data: 7 }])
    expect(() => readModelPage(value, form)).toThrow("`data`");
});
