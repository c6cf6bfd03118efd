import { expect, test } from "vitest";
import type { ChatError } from "../../src/errors/chat-error.ts";
import { countOf, fieldsOf, parseJson, textOf } from "../../src/parts/json.ts";

test("a JSON text is its value", () => {
  expect(parseJson(' {"a":[1,"]"]} ', "GET /")).toEqual({ a: [1, "]"] });
});

test.each(['{"a":"b', '{"a":', '[1,{"b":2}', '["\\', '{"a":"\\"', "{", '  {"text":"}'])(
  "%s was cut, so it is interrupted",
  (text) => {
    expect(codeOf(text)).toBe("interrupted");
  },
);

test.each([
  "",
  "no",
  "{'a':1}",
  '{"a":1}}',
  '{"a":1} x',
  '{"a":"\\""x}',
  '["\\\\"x]',
  "<html>",
  '"half',
  "[1,]",
  "\u0000{}",
])("%j is broken, so it is a protocol error", (text) => {
  expect(codeOf(text)).toBe("protocol");
});

test("the message quotes the start of the text and names what sent it", () => {
  expect(() => parseJson(`no ${"x".repeat(200)}`, "GET /answer")).toThrow(
    `GET /answer answered "no ${"x".repeat(76)}…", expected JSON`,
  );
});

test("a text that was cut is told as that, and is not quoted", () => {
  expect(failureOf('{"a":"secret').message).toBe("GET / ended in the middle of a JSON value");
});

test("the engine's words, which quote the text, are not in the cause", () => {
  const error = failureOf("my secret prompt");

  expect(String(error.cause)).toBe("SyntaxError");
});

test("64 levels are as deep as a value may be", () => {
  expect(codeOf(nested(64))).toBeUndefined();
  expect(codeOf(nested(65))).toBe("protocol");
});

test("many values beside each other may be as deep as one", () => {
  expect(codeOf(`[${nested(63)},${nested(63)}]`)).toBeUndefined();
  expect(codeOf(`{"a":${nested(63)},"b":${nested(64)}}`)).toBe("protocol");
  expect(() => parseJson(nested(9), "GET /", 8)).toThrow("GET / answered JSON nested deeper than 8 levels");
});

test("brackets of both kinds make the depth", () => {
  expect(codeOf(`${'[{"a":'.repeat(33)}1${"}]".repeat(33)}`)).toBe("protocol");
  expect(codeOf(`${'{"a":'.repeat(65)}1${"}".repeat(65)}`)).toBe("protocol");
});

test("10 000 levels neither crash nor pass", () => {
  expect(codeOf(nested(10_000))).toBe("protocol");
  expect(codeOf("[".repeat(10_000))).toBe("protocol");
});

test("brackets beside each other or inside strings are not deep", () => {
  expect(codeOf(JSON.stringify(Array.from({ length: 1000 }, () => [])))).toBeUndefined();
  expect(codeOf(JSON.stringify("[{".repeat(1000)))).toBeUndefined();
});

test("a key that names the prototype changes none", () => {
  const value = fieldsOf(parseJson('{"__proto__":{"polluted":true},"constructor":1}', "GET /"));

  expect(Object.hasOwn(value, "__proto__")).toBe(true);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("a huge number is a number", () => {
  expect(parseJson(`[${"9".repeat(400)}]`, "GET /")).toEqual([Number.POSITIVE_INFINITY]);
});

test.each([null, undefined, 1, "text", [1]])("%j has no fields", (value) => {
  expect(fieldsOf(value)).toEqual({});
});

test("a value of another type is no text and no number", () => {
  expect([textOf("a"), textOf(1), textOf(null)]).toEqual(["a", "", ""]);
  expect([countOf(1), countOf("1"), countOf(null)]).toEqual([1, undefined, undefined]);
});

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

function failureOf(text: string): ChatError {
  try {
    parseJson(text, "GET /");
  } catch (error) {
    return error as ChatError;
  }
  throw new Error("nothing was thrown");
}

function codeOf(text: string): string | undefined {
  try {
    parseJson(text, "GET /");
    return undefined;
  } catch (error) {
    return (error as ChatError).code;
  }
}
