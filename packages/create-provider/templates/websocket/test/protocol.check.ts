import { expect, test } from "vitest";
import { parsePart } from "../src/protocol.ts";

test("a message is a text, or the end", () => {
  expect(parsePart('{"word":"Hello"}')).toEqual({ type: "text-delta", delta: "Hello" });
  expect(parsePart('{"done":true}')).toEqual({ type: "finish", finishReason: "stop" });
});

test.each([
  ["an error", '{"error":"overloaded"}', "server"],
  ["an object without a text", '{"word":null}', "protocol"],
])("%s is no answer", (_, text, code) => {
  expect(() => parsePart(text)).toThrow(expect.objectContaining({ code }));
});
