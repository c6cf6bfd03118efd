import { expect, test } from "vitest";
import { parseLine } from "../src/protocol.ts";

test("the text of a line is read, and a line without one is no failure", () => {
  expect(parseLine('{"text":"Hello"}')).toEqual({ text: "Hello", done: false });
  expect(parseLine('{"role":"assistant"}')).toEqual({ text: "", done: false });
});

test("only the last line ends the answer", () => {
  expect(parseLine('{"done":true}')).toEqual({ text: "", done: true });
  expect(parseLine('{"done":"true"}')).toMatchObject({ done: false });
});

test("an error in the place of a text fails", () => {
  expect(() => parseLine('{"error":"overloaded"}')).toThrow(expect.objectContaining({ code: "server" }));
});
