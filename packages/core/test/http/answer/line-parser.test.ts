import { expect, test } from "vitest";
import { createLineParser } from "../../../src/http/answer/line-parser.ts";
import { failureOf } from "../../providers.ts";

test("a line is given once its end has come, and the last one at the end", () => {
  const parser = createLineParser(100);

  expect(parser.push("a\nb")).toEqual(["a"]);
  expect(parser.push("c\r")).toEqual([]);
  expect(parser.push("\n \n\r\n\nd\n  e")).toEqual(["bc", "d"]);
  expect(parser.end()).toEqual(["  e"]);
});

test("a line may be as long as its limit, whole or in pieces, without its end", () => {
  expect(createLineParser(3).push("abc\r\nabc\nab")).toEqual(["abc", "abc"]);
  const parser = createLineParser(3);
  expect([...parser.push("ab"), ...parser.push("c"), ...parser.end()]).toEqual(["abc"]);
});

test.each([
  ["whole", ["abcd\n"]],
  ["in pieces", ["ab", "cd"]],
])("a longer line is a limit: %s", async (_, pieces) => {
  const parser = createLineParser(3);

  const failure = await failureOf((async () => pieces.map((piece) => parser.push(piece)))());

  expect(failure).toMatchObject({
    code: "limit",
    message: "the answer has a longer line than 3 characters",
  });
});
