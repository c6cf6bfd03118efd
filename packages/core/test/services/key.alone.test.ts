import { afterEach, expect, test, vi } from "vitest";
import { ChatError } from "../../src/index.ts";
import { createKey, type KeySettings } from "../../src/services/key.ts";

const FORM = { variables: ["FALLTHROUGH_TEST_A", "FALLTHROUGH_TEST_B"], header: "x-key" };
const secrets: string[] = [];
const http = {
  addSecret: (value: string) => void secrets.push(value),
  error: (code: ChatError["code"], message: string) => new ChatError(code, message),
};

afterEach(() => vi.unstubAllEnvs());

test.each<[string, KeySettings, object]>([
  ["the first variable that is set", {}, { "x-key": "from-b" }],
  ["the settings", { apiKey: "mine" }, { "x-key": "mine" }],
  ["nowhere, for another server", { baseURL: "http://127.0.0.1:1" }, {}],
  ["its own header", { headers: { "X-Key": "given" } }, {}],
  ["a bearer of one's own", { headers: { Authorization: "Bearer given" } }, {}],
])("a key is taken from %s", (_, settings, header) => {
  vi.stubEnv("FALLTHROUGH_TEST_B", "from-b");

  expect(createKey(settings, FORM, http).header()).toEqual(header);
});

test("a key in the header `authorization` is a bearer token, and kept out of errors", () => {
  expect(createKey({ apiKey: "hidden" }, { variables: [] }, http).header()).toEqual({
    authorization: "Bearer hidden",
  });
  expect(secrets).toContain("hidden");
});

test("a key that is missing is told with every variable that may hold it", () => {
  const key = createKey({}, FORM, http);

  expect(key.needed).toBe(true);
  expect(() => key.header()).toThrow(
    "environment variable `FALLTHROUGH_TEST_A` or `FALLTHROUGH_TEST_B` is not set, expected a key in it or in the setting `apiKey`",
  );
});

test("a server that answers without a key too is asked without one", () => {
  const key = createKey({}, { ...FORM, optional: true }, http);

  expect(key.needed).toBe(false);
  expect(key.header()).toEqual({});
  vi.stubEnv("FALLTHROUGH_TEST_A", "from-a");
  expect(key.header()).toEqual({ "x-key": "from-a" });
});
