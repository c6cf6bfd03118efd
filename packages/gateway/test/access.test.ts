import { expect, test } from "vitest";
import { createAccess } from "../src/access.ts";

const URL_HERE = "http://127.0.0.1:8787/v1/models";

function statusOf(check: () => void): number {
  try {
    check();
    return 200;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

test.each([
  ["127.0.0.1:8787", 200],
  ["localhost", 200],
  ["LOCALHOST.:1", 200],
  ["[::1]:8787", 200],
  ["127.8.9.1", 200],
  ["my-machine:8787", 200],
  ["10.0.0.1:8787", 421],
  ["evil.example", 421],
  ["127.0.0.1.evil.example", 421],
  ["localhost.evil.example", 421],
  ["127.0.0.1, evil.example", 400],
  ["a b", 400],
])("the host %s is answered with %d", (host, status) => {
  const access = createAccess({ hosts: ["my-machine"] });
  const request = new Request(URL_HERE, { headers: { host } });

  expect(statusOf(() => access.checkOrigin(request))).toBe(status);
});

test("a host that was answered leaves another one foreign, and a page of it too", () => {
  const access = createAccess({});
  const at = (host: string, origin: string) =>
    statusOf(() => access.checkOrigin(new Request(URL_HERE, { headers: { host, origin } })));

  expect(at("localhost:8787", "http://localhost:8787")).toBe(200);
  expect(at("evil.example", "http://evil.example")).toBe(421);
  expect(at("localhost:8787", "http://evil.example")).toBe(403);
  expect(at("evil.example", "http://evil.example")).toBe(421);
});

test("behind a wildcard every address is a host, and a foreign name is not", () => {
  const access = createAccess({ hosts: ["*"] });
  const at = (host: string) =>
    statusOf(() => access.checkOrigin(new Request(URL_HERE, { headers: { host } })));

  expect(at("10.0.0.1:8787")).toBe(200);
  expect(at("[fe80::1]:8787")).toBe(200);
  expect(at("evil.example")).toBe(421);
});

test.each([
  ["http://localhost:8787", 200],
  ["http://localhost:3000", 403],
  ["https://evil.example", 403],
  ["null", 403],
])("a page of %s is answered with %d", (origin, status) => {
  const request = new Request(URL_HERE, { headers: { host: "localhost:8787", origin } });

  expect(statusOf(() => createAccess({}).checkOrigin(request))).toBe(status);
});

test.each([
  ["Bearer s3cret-token", 200],
  ["bearer s3cret-token", 200],
  ["Bearer s3cret-toke", 401],
  ["s3cret-token", 401],
  ["bearer", 401],
  ["", 401],
])("with a token, %j is answered with %d", (authorization, status) => {
  const access = createAccess({ token: "s3cret-token" });
  const request = new Request(URL_HERE, { headers: { authorization } });

  expect(statusOf(() => access.checkToken(request))).toBe(status);
});

test("without a token, any is let through: clients insist on sending one", () => {
  const request = new Request(URL_HERE, { headers: { authorization: "Bearer anything" } });

  expect(statusOf(() => createAccess({}).checkToken(request))).toBe(200);
});

test.each(["", "two words", "line\nbreak", "schlüssel"])("the token %j is unusable", (token) => {
  expect(() => createAccess({ token })).toThrow(expect.objectContaining({ code: "config" }));
});
