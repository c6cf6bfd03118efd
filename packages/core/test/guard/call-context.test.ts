import { expect, test } from "vitest";
import { allowEmptyAnswer, callOf, isEmptyAllowed } from "../../src/guard/call-context.ts";

test("a signal that no guard made belongs to no call", () => {
  expect(callOf(undefined)).toBeUndefined();
  expect(callOf(new AbortController().signal)).toBeUndefined();
});

test("an empty answer is one for the calls of which that was said", () => {
  const { signal } = new AbortController();
  expect([isEmptyAllowed(undefined), isEmptyAllowed(signal)]).toEqual([false, false]);

  allowEmptyAnswer(signal);

  expect(isEmptyAllowed(signal)).toBe(true);
});
