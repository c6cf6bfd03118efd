import { expect, test } from "vitest";
import type { ChatError } from "../../../src/errors/chat-error.ts";
import { isLoopback, isNearby, mergeHeaders, parseBaseURL } from "../../../src/http/client/endpoint.ts";

test.each([
  "https://toy.example",
  "https://toy.example:8443/path/",
  "http://127.0.0.1:11434/v1",
  "http://localhost:1",
  "http://api.localhost",
  "http://[::1]:1",
])("%s is a base URL", (value) => {
  expect(parseBaseURL("toy", value, {}).href).toContain(value);
});

test.each([
  ["no URL", "toy.example"],
  ["another scheme", "file:///etc/passwd"],
  ["a user", "https://user@toy.example"],
  ["a password", "https://:hidden@toy.example"],
  ["a query", "https://toy.example/?key=hidden"],
  ["a fragment", "https://toy.example/#x"],
  ["plain http to another machine", "http://toy.example"],
  ["plain http to a name like an address", "http://127.0.0.1.toy.example"],
  ["plain http to a private address", "http://192.168.0.1"],
  ["plain http to every address", "http://0.0.0.0:80"],
])("%s is a config error that shows no secret", (_, value) => {
  const error = failureOf(() => parseBaseURL("toy", value, {}));

  expect(error).toMatchObject({ code: "config", provider: "toy" });
  expect(error.message).not.toContain("hidden");
});

test("plain http to another machine needs its setting", () => {
  expect(parseBaseURL("toy", "http://toy.example", { insecureHttp: true }).origin).toBe("http://toy.example");
});

test.each([
  ["127.0.0.1", true],
  ["127.1.2.3", true],
  ["[::1]", true],
  ["LOCALHOST", true],
  ["10.0.0.1", false],
  ["localhost.example", false],
  ["[::2]", false],
])("%s is loopback: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ["127.0.0.1", true],
  ["10.1.2.3", true],
  ["172.16.0.1", true],
  ["172.31.255.1", true],
  ["172.32.0.1", false],
  ["192.168.1.20", true],
  ["169.254.1.1", true],
  ["100.64.0.1", true],
  ["100.128.0.1", false],
  ["[fd00::1]", true],
  ["[fe80::1]", true],
  ["[2001:db8::1]", false],
  ["ollama", true],
  ["studio.local", true],
  ["box.home.arpa", true],
  ["host.docker.internal", true],
  ["10.example.com", false],
  ["fd.example", false],
  ["local.example", false],
  ["8.8.8.8", false],
])("%s is this machine or in a private network: %s", (host, expected) => {
  expect(isNearby(host)).toBe(expected);
});

test("header names are lower-case and the later go over the earlier", () => {
  expect(mergeHeaders("toy", { Accept: "a", "X-One": "1" }, undefined, { accept: "b" })).toEqual({
    accept: "b",
    "x-one": "1",
  });
});

test.each([
  ["a line break in a value", { "x-key": "hidden\r\nx-evil: 1" }],
  ["a line feed in a value", { "x-key": "hidden\nx-evil: 1" }],
  ["a NUL in a value", { "x-key": "hidden\0" }],
  ["a line break in a name", { "x-key\r\nx-evil": "hidden" }],
  ["a space in a name", { "x key": "hidden" }],
  ["an empty name", { "": "hidden" }],
])("%s is a config error that does not show the value", (_, headers) => {
  const error = failureOf(() => mergeHeaders("toy", headers));

  expect(error.code).toBe("config");
  expect(error.message).not.toContain("hidden");
});

function failureOf(task: () => unknown): ChatError {
  try {
    task();
  } catch (error) {
    return error as ChatError;
  }
  throw new Error("nothing was thrown");
}
