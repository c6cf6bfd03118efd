import { expect, test } from "vitest";
import { parseFailure, parseFailureBody } from "../../src/services/server-failure.ts";

test.each([
  ["insufficient_quota", "payment"],
  ["context_length_exceeded", "context-length"],
  ["invalid_api_key", "auth"],
  ["model_not_found", "not-found"],
  ["content_policy_violation", "content-filter"],
  ["rate_limit_exceeded", "rate-limit"],
])("code %s means %s, whatever the status", (code, meaning) => {
  const error = { message: "no", type: "invalid_request_error", param: null, code };

  expect(parseFailure({ error })).toMatchObject({ code: meaning, codeInside: meaning, words: '"no"' });
});

test.each([
  ["a number", { code: 402 }, "payment"],
  ["a number in a text", { code: "503" }, "server"],
  ["a number that is no failure", { code: 200 }, "server"],
  ["a type", { type: "NotFoundError" }, "not-found"],
  ["a name that every object has", { code: "constructor", type: "toString" }, "server"],
  ["words alone", { message: "no" }, "server"],
])("without a status, %s decides", (_, error, meaning) => {
  expect(parseFailure({ error })).toMatchObject({ code: undefined, codeInside: meaning });
});

test.each([
  ["an error that is a text", { error: "model is loading" }, '"model is loading"'],
  ["a failure on the top level", { object: "error", message: "too long", code: 400 }, '"too long"'],
])("%s is a failure", (_, value, words) => {
  expect(parseFailure(value)).toMatchObject({ words });
});

test.each([[{ choices: [] }], [{ error: null }], [{ error: 0 }], [[]], ["error"], [null]])(
  "%j is no failure",
  (value) => {
    expect(parseFailure(value)).toBeUndefined();
  },
);

test.each(["<html>", "", '{"error":{"message":"cu'])("the body %j tells of none", (body) => {
  expect(parseFailureBody(body)).toBeUndefined();
});
