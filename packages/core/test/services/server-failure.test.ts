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

test.each([
  ["Your credit balance is too low to use the API", "payment"],
  ["prompt is too long: 210000 tokens > 200000 maximum", "context-length"],
  ["input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000", "context-length"],
  [
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "context-length",
  ],
  ["output_config.format: Extra inputs are not permitted", "unsupported"],
  ["output_config.format.schema: additionalProperties must be set, it is not supported otherwise", undefined],
  ["Function calling with a response mime type: 'application/json' is unsupported", "unsupported"],
])("a refusal that says %j is told as %s", (message, code) => {
  const body = JSON.stringify({ type: "error", error: { type: "invalid_request_error", message } });

  expect(parseFailureBody(body, 400)?.code).toBe(code);
});

test.each([
  ["enforced_spend_limit_reached", "payment", "key"],
  ["ramp_limit_exceeded", "rate-limit", undefined],
])("the detail %s of a limit means %s", (error_code, code, scope) => {
  const error = { type: "rate_limit_error", message: "no", details: { error_code } };

  expect(parseFailure({ type: "error", error })).toMatchObject({ code, scope });
});

test.each([
  ["* Quota exceeded for metric: requests, limit: 0, model: m", 86_400_000],
  ["* Quota exceeded for metric: requests, limit: 0.5, model: m", undefined],
  ["* Quota exceeded for metric: requests, limit: 10, model: m", undefined],
])("a refusal that says %j asks to wait %s ms", (message, retryAfterMs) => {
  expect(parseFailure({ error: { code: 429, message, status: "RESOURCE_EXHAUSTED" } })).toMatchObject({
    codeInside: "rate-limit",
    retryAfterMs,
  });
});
