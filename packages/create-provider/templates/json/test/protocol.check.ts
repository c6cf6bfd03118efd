import { expect, test } from "vitest";
import { parseAnswer } from "../src/protocol.ts";

test("the text of an answer is read", () => {
  expect(parseAnswer({ answer: "Hello", more: [] })).toBe("Hello");
});

test.each([
  ["an error", { error: "overloaded" }, "server"],
  ["a text", "Hello", "protocol"],
  ["an object without a text", { answer: null }, "protocol"],
])("%s is no answer", (_, body, code) => {
  expect(() => parseAnswer(body)).toThrow(expect.objectContaining({ code }));
});
