import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRetryAfter, parseRetryTime } from "../../../src/http/answer/retry-after.ts";

const DAY = 24 * 60 * 60 * 1000;

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ "retry-after": "2" }, 2000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "1.5" }, 1500],
  [{ "retry-after-ms": "250" }, 250],
  [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
  [{ "retry-after-ms": "soon", "retry-after": "9" }, 9000],
  [{ "retry-after-ms": " 250 " }, 250],
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

const NOW = Date.UTC(2026, 10, 29, 12);

test.each<[unknown, number | undefined]>([
  ["6m0s", 360_000],
  ["1.57s", 1_570],
  ["100ms", 100],
  ["1h2m3s", 3_723_000],
  ["2d", DAY],
  ["46.5s", 46_500],
  ["33011.382", 33_011_382],
  [30, 30_000],
  [String(NOW / 1000 + 60), 60_000],
  [NOW + 1_500, 1_500],
  [NOW - 1_500, 0],
  ["2026-11-29T12:00:30Z", 30_000],
  ["2026-11-29T14:00:30.5+02:00", 30_500],
  ["Sun, 29 Nov 2026 12:01:00 GMT", 60_000],
  ["6M0S", 360_000],
  [" 5s ", 5_000],
  ["5e3", 5_000_000],
  [1e9, DAY],
  [1e12, DAY],
  [0, 0],
  ["0", 0],
  ["2026-11-29 12:00:30Z", 30_000],
  ["2026-11-29", undefined],
  [`${"0".repeat(63)}5`, 5_000],
  [`${"0".repeat(64)}5`, undefined],
  ["5 s", undefined],
  ["x5s", undefined],
  ["5sx", undefined],
  ["x5", undefined],
  ["5x", undefined],
  ["+5", undefined],
  ["6m0", undefined],
  ["-5s", undefined],
  [-5, undefined],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, DAY],
  ["soon", undefined],
  ["", undefined],
  [null, undefined],
  [{ seconds: 5 }, undefined],
])("services.md §2: the time %j is %j ms away", (value, expected) => {
  expect(parseRetryTime(value, NOW)).toBe(expected);
});

test("services.md §2: whatever a server names, the time is none or within a day, and nothing is thrown", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[\d.]{0,20}(?:ms|s|m|h|d|:|-|T|Z| ){0,3}[\d.]{0,20}(?:ms|s|m|h|d)?$/),
    fc.anything(),
    fc.double(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  fc.assert(
    fc.property(texts, fc.integer({ min: 0, max: 2 ** 45 }), (value, now) => {
      const wait = parseRetryTime(value, now);
      return wait === undefined || (Number.isInteger(wait) && wait >= 0 && wait <= DAY);
    }),
  );
});

// xorbitsai/xllamacpp #155, canalplus/rx-player #1864, wso2/carbon-apimgt #7059
test("services.md §2: a date is read against the server's own clock", () => {
  const headers = { date: "Sun, 29 Nov 2020 12:00:00 GMT", "retry-after": "Sun, 29 Nov 2020 12:00:20 GMT" };

  expect(parseRetryAfter(headers)).toBe(20_000);
});
