import { afterEach, expect, test, vi } from "vitest";
import { readEnvironment } from "../../src/parts/environment.ts";

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["a value", "sk-abc", "sk-abc"],
  ["a value with a line end", "sk-abc\n", "sk-abc"],
  ["a blank value", " ", undefined],
  ["no value", undefined, undefined],
])("%s is read without white space", (_, value, expected) => {
  vi.stubEnv("FALLTHROUGH_TEST", value);

  expect(readEnvironment("FALLTHROUGH_TEST")).toBe(expected);
});
