import { expect, test } from "vitest";
import { bodyFormat, opensJson } from "../../../src/http/answer/body-format.ts";

test.each([
  ["application/json", '{"a":1}', "json"],
  ["text/html", ' [{"a":1}]', "json"],
  ["application/json", "<!DOCTYPE html>", "html"],
  ["application/json", "<br />\n<b>Warning</b>", "json"],
  ["application/json", "no JSON", "json"],
  ["text/plain", "data: x", "events"],
  ["text/html", ": padding", "events"],
  ["", "event: x", "events"],
  ["text/html", "blocked, sorry", "html"],
  ["", "<html>", "html"],
  ["", "the end", "text"],
  ["", " \n", "empty"],
  ["application/json", "", "empty"],
])("a body of type %j that is %j is %s", (type, text, expected) => {
  expect(bodyFormat(type, text, true)).toBe(expected);
});

test.each([
  ["application/json", "<!doc"],
  ["", "dat"],
  ["", "t"],
  ["", "\n "],
])("a body of type %j that starts with %j cannot be told yet", (type, text) => {
  expect(bodyFormat(type, text, false)).toBeUndefined();
});

test.each([
  ["", "{", "json"],
  ["", "data:", "events"],
  ["", "<", "html"],
])("a body of type %j that starts with %j is told at once", (type, text, expected) => {
  expect(bodyFormat(type, text, false)).toBe(expected);
});

test.each([
  ['{"a":1}', true],
  ["[1]", true],
  [" {}", true],
  ["<html>", false],
  ["", false],
])("whether %j opens JSON is %s", (text, expected) => {
  expect(opensJson(Buffer.from(text))).toBe(expected);
});
