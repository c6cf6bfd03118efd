import { expect, test } from "vitest";
import { argumentsOf, type CallsEnd, completeCall } from "../../src/services/tool-arguments.ts";

const providerData = { some: { mark: 1 } };

test.each<[string, string, CallsEnd, readonly object[]]>([
  ["whole arguments", '{"x":1}', "told", [{ type: "tool-call", arguments: '{"x":1}', providerData }]],
  ["no arguments", " ", "untold", [{ type: "tool-call", arguments: "{}" }]],
  ["arguments that a limit cut", '{"x":', "limit", []],
  ["no JSON", "x = 1", "told", [{ type: "warning" }, { type: "tool-call", arguments: "x = 1" }]],
])("a call with %s gives what it holds", (_, text, end, parts) => {
  expect(completeCall({ id: "a", name: "one", arguments: text, providerData }, end)).toMatchObject(parts);
});

test.each([
  ["cut arguments without a reason", "one", '{"x":', "untold", "interrupted"],
  ["no name", "", "{}", "told", "protocol"],
] as const)("a call with %s is a failure", (_, name, text, end, code) => {
  expect(() => completeCall({ id: "a", name, arguments: text }, end)).toThrow(
    expect.objectContaining({ code }),
  );
});

test.each([
  ['{"x":{"y":[1]}}', { x: { y: [1] } }],
  ["", {}],
  ["[1]", { arguments: "[1]" }],
  ["{x}", { arguments: "{x}" }],
])("the arguments %j are an object", (text, value) => {
  expect(argumentsOf(text)).toEqual(value);
});
