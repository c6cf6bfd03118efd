import { afterEach, expect, test, vi } from "vitest";
import { type CookieJar, createCookieJar } from "../../../src/http/client/cookies.ts";

afterEach(() => void vi.useRealTimers());

test("a jar sends what it was given and what it was told to keep", async () => {
  const jar = createCookieJar({ first: "1" });

  await keep(jar, "second=2; Path=/; HttpOnly", "third=a=b");

  expect(jar.header("/any")).toBe("first=1; second=2; third=a=b");
  expect(createCookieJar().header("/")).toBeUndefined();
});

test("the newer value of a name replaces the older", async () => {
  const jar = createCookieJar({ a: "1" });

  await keep(jar, "a=2");

  expect(jar.header("/")).toBe("a=2");
});

test.each(["a=; Max-Age=0", "a=; Max-Age=-5", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"])(
  "%j takes the cookie away",
  async (line) => {
    const jar = createCookieJar({ a: "1" });

    await keep(jar, line);

    expect(jar.header("/")).toBeUndefined();
  },
);

test("a cookie is sent until it expires", async () => {
  vi.useFakeTimers();
  const jar = createCookieJar();
  await keep(jar, "a=1; Max-Age=60", `b=2; Expires=${new Date(Date.now() + 30_000).toUTCString()}`);

  expect(jar.header("/")).toBe("a=1; b=2");
  vi.advanceTimersByTime(31_000);
  expect(jar.header("/")).toBe("a=1");
  vi.advanceTimersByTime(30_000);
  expect(jar.header("/")).toBeUndefined();
});

test.each([
  ["/api", "/api", true],
  ["/api", "/api/chat", true],
  ["/api/", "/api/chat", true],
  ["/api", "/apis", false],
  ["/api", "/", false],
])("a cookie for %s is sent to %s: %s", async (cookiePath, path, sent) => {
  const jar = createCookieJar();

  await keep(jar, `a=1; Path=${cookiePath}`);

  expect(jar.header(path) !== undefined).toBe(sent);
});

test.each(["", "api", "://"])("the path %j is none, so the cookie is sent everywhere", async (path) => {
  const jar = createCookieJar();

  await keep(jar, `a=%201; Path=${path}; Max-Age=soon; Expires=never`);

  expect(jar.header("/any")).toBe("a=%201");
});

test.each(["", "no name", "=value", "a=1\u0001"])("%j is no cookie", async (line) => {
  const jar = createCookieJar();

  await keep(jar, line);

  expect(jar.header("/")).toBeUndefined();
});

test("a cookie that makes no sense is written to no log", async () => {
  const warn = vi.spyOn(console, "warn");
  const error = vi.spyOn(console, "error");

  await keep(createCookieJar(), "constructor=1", "a=%zz; Max-Age=soon; Expires=never; value=2");
  const written = [...warn.mock.calls, ...error.mock.calls];
  vi.restoreAllMocks();

  expect(written).toEqual([]);
});

test("a cookie is sent no more at the moment at which it expires", async () => {
  vi.useFakeTimers();
  const jar = createCookieJar();
  await keep(jar, "a=1; Max-Age=60");

  vi.advanceTimersByTime(59_999);
  expect(jar.header("/")).toBe("a=1");
  vi.advanceTimersByTime(1);
  expect(jar.header("/")).toBeUndefined();
});

test("the age of a cookie goes over its date", async () => {
  const jar = createCookieJar();

  await keep(jar, "a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT");

  expect(jar.header("/")).toBe("a=1");
});

test("the oldest name makes way for the newest, and a name that comes again is new", async () => {
  const jar = createCookieJar({ first: "1", second: "2" });
  await keep(jar, "first=3");

  for (let count = 0; count < 63; count++) await keep(jar, `name-${count}=1`);

  expect(jar.header("/")).toMatch(/^first=3; name-0=1; /);
});

test("a server that sets ever more names does not fill the memory", async () => {
  const jar = createCookieJar();

  for (let count = 0; count < 1000; count++) await keep(jar, `name-${count}=1`);

  expect(jar.values()).toHaveLength(64);
  expect(jar.header("/")).toContain("name-999=");
});

test("a cleared jar is empty", async () => {
  const jar = createCookieJar({ a: "1" });

  jar.clear();

  expect(jar.header("/")).toBeUndefined();
});

function keep(jar: CookieJar, ...lines: readonly string[]): Promise<void> {
  return jar.keep(lines);
}
