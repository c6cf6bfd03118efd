import { afterEach, expect, test, vi } from "vitest";
import { fillIn, lackOf, movedServer } from "../../src/discovery/needs.ts";

const page = "https://keys.example";

const place = (name: string): string => `\${${name}}`;

afterEach(() => vi.unstubAllEnvs());

test.each([
  ["no settings", undefined, "needs TEST_KEY and TEST_ACCOUNT"],
  ["a blank key, as a configuration fills one in", { apiKey: "" }, "needs TEST_KEY and TEST_ACCOUNT"],
  ["a key", { apiKey: "k" }, "needs TEST_ACCOUNT"],
  ["a header that carries it", { headers: { Authorization: "Bearer k" } }, "needs TEST_ACCOUNT"],
  ["another header", { headers: { "x-title": "t" } }, "needs TEST_KEY and TEST_ACCOUNT"],
  ["a variable of the application's own", { apiKeyEnv: "MY_KEY" }, "needs MY_KEY and TEST_ACCOUNT"],
])("with %s the variables are named that are missing", (_, own, reason) => {
  expect(lackOf("a", { environment: ["TEST_KEY", "TEST_ACCOUNT"], page }, own)).toMatchObject({
    reason,
    page,
    askable: false,
  });
});

test("what answers without a key is asked by its name alone until the key is set", () => {
  const needs = { environment: ["TEST_KEY"], optional: true };

  expect(lackOf("a", needs)).toMatchObject({ askable: true });
  vi.stubEnv("TEST_KEY", "k");
  expect(lackOf("a", needs)).toBeUndefined();
});

test("what has no model of its own choice needs one, or a setting that names it", () => {
  expect(lackOf("a", { model: true })).toMatchObject({
    askable: true,
    reason: expect.stringContaining('"a/..."'),
  });
  expect(lackOf("a", { model: true }, { defaultModel: "m" } as object)).toBeUndefined();
  expect(lackOf("a", { model: true }, { models: [{ id: "m" }] })).toBeUndefined();
});

test("values of the environment are put where an address names them, and what is missing stays", () => {
  vi.stubEnv("TEST_ENDPOINT", "https://one.example/");

  expect(fillIn(`${place("TEST_ENDPOINT")}/v1`)).toBe("https://one.example/v1");
  expect(fillIn(`https://a.example/${place("TEST_MISSING")}`)).toBe(
    `https://a.example/${place("TEST_MISSING")}`,
  );
});

test("one of several variables is enough", () => {
  const needs = { environment: [["TEST_KEY", "TEST_OTHER_KEY"]] };

  expect(lackOf("a", needs)?.reason).toBe("needs TEST_KEY or TEST_OTHER_KEY");
  vi.stubEnv("TEST_OTHER_KEY", "k");
  expect(lackOf("a", needs)).toBeUndefined();
});

test.each([
  ["127.0.0.1:1234", "http://127.0.0.1:1234/v1"],
  [":1234", "http://127.0.0.1:1234/v1"],
  ["0.0.0.0", "http://127.0.0.1:11434/v1"],
  ["0.0.0.0:1234", "http://127.0.0.1:1234/v1"],
  ["[::]:1234", "http://127.0.0.1:1234/v1"],
  ["::1", "http://[::1]:11434/v1"],
  ["http://localhost:1234", "http://localhost:1234/v1"],
  ["http://localhost:1234/v1/", "http://localhost:1234/v1"],
  ["https://models.example", "https://models.example/v1"],
  ["https://models.example/ollama", "https://models.example/ollama/v1"],
  ["no host at all", "http://127.0.0.1:11434/v1"],
])("a server that its user has moved to %j is asked at %s", (place, baseURL) => {
  vi.stubEnv("TEST_HOST", place);

  const moved = movedServer({ baseURL: "http://127.0.0.1:11434/v1" }, { host: "TEST_HOST" });

  expect(moved).toEqual({ baseURL });
});

test("a server that was moved into the own network may be asked without encryption, and elsewhere not", () => {
  vi.stubEnv("TEST_HOST", "192.168.1.20");
  expect(movedServer({ baseURL: "http://127.0.0.1:11434/v1" }, { host: "TEST_HOST" })).toEqual({
    baseURL: "http://192.168.1.20:11434/v1",
    insecureHttp: true,
  });
  vi.stubEnv("TEST_HOST", "models.example");
  expect(movedServer({ baseURL: "http://127.0.0.1:11434/v1" }, { host: "TEST_HOST" })).not.toHaveProperty(
    "insecureHttp",
  );
});
