import { expect, test } from "vitest";
import { isEnd, parseEvent } from "../src/protocol.ts";

test("the text of an event is read, and an event without one is no failure", () => {
  expect(parseEvent('{"text":"Hello"}')).toBe("Hello");
  expect(parseEvent('{"role":"assistant"}')).toBe("");
});

test("only the end marker ends the answer", () => {
  expect(["[DONE]", '{"text":"[DONE]"}'].map(isEnd)).toEqual([true, false]);
});

test("an error in the place of a text fails", () => {
  expect(() => parseEvent('{"error":"overloaded"}')).toThrow(expect.objectContaining({ code: "server" }));
});
