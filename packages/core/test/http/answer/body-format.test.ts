import { expect, test } from "vitest";
import { bodyFormat, isUnexpectedPage, opensJson } from "../../../src/http/answer/body-format.ts";

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
  ["text/plain", "id: 1", "events"],
  ["text/plain", "retry: 5", "events"],
  ["text/plain", "the data: x", "text"],
  ["text/plain", "identity: x", "text"],
  ["text/html", "t", "html"],
  ["application/json", "<", "json"],
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
  ["application/json", "no", "json"],
  ["application/json", "<!doctype", "html"],
  ["application/json", "<b>a word", "json"],
  ["", "nine char", "text"],
  ["text/html", "nine char", "html"],
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

test.each([
  ["text/plain", "<!doctype html>", true, true],
  ["text/plain", "<html>", true, true],
  ["text/html", "<b>sorry</b>", true, true],
  ["text/html", "sorry, blocked", true, true],
  ["text/plain", "<b>an answer</b>", true, false],
  ["text/plain", "<b>", true, false],
  ["text/plain", "an answer", true, false],
  ["text/plain", "", true, false],
  ["text/html", "data: x", true, false],
  ["text/html", "{}", true, false],
  // what may become a page still
  ["text/plain", "<!doc", false, undefined],
  ["text/plain", "<", false, undefined],
  ["text/plain", " ", false, undefined],
  ["application/json", "<!doc", false, undefined],
  ["text/html", "dat", false, undefined],
  // what can become none
  ["text/plain", "dat", false, false],
  ["text/plain", "<b>an ans", false, false],
  ["text/plain", "<!doctype", false, true],
])(
  "whether a body of type %s that starts with %j is a page, whole: %s, is %s",
  (type, text, whole, expected) => {
    expect(isUnexpectedPage(type, text, whole)).toBe(expected);
  },
);
