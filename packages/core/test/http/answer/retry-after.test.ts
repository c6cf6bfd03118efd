import { expect, test } from "vitest";
import { parseRetryAfter } from "../../../src/http/answer/retry-after.ts";

const DAY = 24 * 60 * 60 * 1000;

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ "retry-after": "2" }, 2000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "1.5" }, 1500],
  [{ "retry-after-ms": "250" }, 250],
  [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
  [{ "retry-after-ms": "soon", "retry-after": "9" }, 9000],
  [{ "retry-after": "-1" }, undefined],
  [{ "retry-after": "abc" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{ "retry-after": "2026-01-01" }, undefined],
  [{ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, 0],
  [{ "retry-after": String(10 * 365 * 24 * 60 * 60) }, DAY],
  [{ "retry-after": "Wed, 21 Oct 2122 07:28:00 GMT" }, DAY],
])("%j asks for a wait of %j ms", (headers, expected) => {
  expect(parseRetryAfter(headers)).toBe(expected);
});

test("a date is the time until then", () => {
  const date = new Date(Date.now() + 60_000).toUTCString();

  const wait = parseRetryAfter({ "retry-after": date }) ?? 0;

  expect(Math.abs(wait - 60_000)).toBeLessThan(2_000);
});
