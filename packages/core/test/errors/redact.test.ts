import { expect, test } from "vitest";
import { createRedactor, quote, redact, redactedCause } from "../../src/errors/redact.ts";

test.each([
  ["a bearer value", "sent Bearer abc.def-123", "sent Bearer [redacted]"],
  ["basic credentials", "Basic dXNlcjpwYXNz", "Basic [redacted]"],
  ["an API key", "key sk-proj-abcdefgh12345 was wrong", "key [redacted] was wrong"],
  ["a JWT", "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "[redacted]"],
  ["a key in a query", "/v1?api_key=abc&page=2", "/v1?api_key=[redacted]&page=2"],
  ["a token in a query", "/v1?a=1&access_token=abc", "/v1?a=1&access_token=[redacted]"],
  ["a signature in a query", "/v1?sig=abc'", "/v1?sig=[redacted]'"],
  ["credentials in a URL", "via socks5://user:pass@127.0.0.1", "via socks5://[redacted]@127.0.0.1"],
])("%s is masked by its shape", (_, text, masked) => {
  expect(redact(text)).toBe(masked);
});

test("a message has at most 480 characters and is not cut inside a pair", () => {
  expect(redact("x".repeat(480))).toHaveLength(480);
  expect(redact("x".repeat(481))).toBe(`${"x".repeat(479)}…`);
  expect(redact(`${"x".repeat(478)}😀${"x".repeat(9)}`)).toBe(`${"x".repeat(478)}…`);
});

test("a secret that begins before the cut leaves nothing behind", () => {
  expect(redact(`${"x".repeat(470)} Bearer ${"s".repeat(100)}`)).not.toContain("s");
});

test("a whole body in a message costs no more than its start", () => {
  expect(redact("a.".repeat(4 * 1024 * 1024))).toHaveLength(480);
});

const SECRET = 'p@ss "wörd"/+';

test.each([
  ["as it is", SECRET],
  ["URL-encoded", encodeURIComponent(SECRET)],
  ["form-encoded", new URLSearchParams({ "": SECRET }).toString().slice(1)],
  ["in base64", Buffer.from(SECRET).toString("base64")],
  ["in base64 without padding", Buffer.from(SECRET).toString("base64").replace(/=+$/, "")],
  ["in URL-safe base64", Buffer.from(SECRET).toString("base64url")],
  ["inside a JSON string", JSON.stringify(SECRET).slice(1, -1)],
])("a known secret is masked %s", (_, form) => {
  expect(createRedactor([SECRET])(`<${form}>`)).toBe("<[redacted]>");
});

test("the longer of two secrets goes first, so that nothing of it stays", () => {
  expect(createRedactor(["abcd", "abcd-efgh"])("abcd-efgh")).toBe("[redacted]");
});

test("a secret that a quotation cuts is masked as far as it goes, in each of its forms", () => {
  const secret = "hush+hush/and-much-more-of-it";
  const redactor = createRedactor([secret]);

  for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64")]) {
    expect(redactor(quote(`${"x".repeat(60)} ${form} more and more`))).toBe(
      `"${"x".repeat(60)} [redacted]…"`,
    );
  }
  expect(redactor("hus… and hush…")).toBe("hus… and [redacted]…");
});

test("a secret is masked in another case too, as host names and media types come back", () => {
  expect(createRedactor(["Hush(Hush)*"])("text/hush(hush)* HUSH(HUSH)*")).toBe("text/[redacted] [redacted]");
});

test("a value that could be an ordinary word is no secret", () => {
  expect(createRedactor(["", "en", "yes"])("yes, en route")).toBe("yes, en route");
});

test("half a surrogate pair in a secret does no harm", () => {
  expect(createRedactor(["\ud83dsecret"])("x")).toBe("x");
});

test("causes are copied five deep, with name, code and frames, and without secrets", () => {
  const causes = [1, 2, 3, 4, 5, 6].reduceRight<Error | undefined>((cause, level) => {
    const error = new Error(`level ${level} Bearer abcd1234`, { cause });
    return Object.assign(error, { code: `E${level}`, headers: { authorization: "Bearer abcd1234" } });
  }, undefined);

  const copies: Error[] = [];
  for (let copy = redactedCause(causes); copy instanceof Error; copy = copy.cause) copies.push(copy);

  expect(copies.map(({ message }) => message)).toEqual(
    [1, 2, 3, 4, 5].map((level) => `level ${level} Bearer [redacted]`),
  );
  expect(copies[0]).toMatchObject({ name: "Error", code: "E1" });
  expect(copies[0]).not.toHaveProperty("headers");
  expect(copies[0]?.stack).toMatch(/^Error: level 1 Bearer \[redacted\]\n {4}at /);
});

test("a message that changed after its stack was taken is not in the copy's stack", () => {
  const error = new TypeError(`first line\nsecond line ${"x".repeat(500)} my-secret`);

  const copy = redactedCause(error) as Error;

  expect(copy.stack).not.toContain("my-secret");
  expect(copy.stack).toContain("redact.test.ts");
  copy.stack = "another";
  expect(copy.stack).toBe("another");
});

test("a cause that is no error is redacted text", () => {
  expect(redactedCause("Bearer abcd1234")).toBe("Bearer [redacted]");
});

test("a code that is no text may be anything, so it is left out", () => {
  const cause = Object.assign(new Error("x"), { code: { password: "hidden" } });

  expect(redactedCause(cause)).not.toHaveProperty("code");
});

test("a quotation is cut at 80 characters and escapes what it quotes", () => {
  expect(quote('a "b"\n')).toBe('"a \\"b\\"\\n"');
  expect(quote("x".repeat(81))).toBe(`"${"x".repeat(79)}…"`);
});

test("a cause that cannot be read is named so, and hurts nobody", () => {
  const trap = new Error("x");
  Object.defineProperty(trap, "message", {
    get: () => {
      throw new Error("trap");
    },
  });

  expect(redactedCause(trap)).toBe("a cause that cannot be read");
  expect(redactedCause(Object.create(null))).toBe("a cause that cannot be read");
});
