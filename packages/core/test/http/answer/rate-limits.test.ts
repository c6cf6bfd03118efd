import { expect, test } from "vitest";
import { parseLimitReset, parseRateLimits } from "../../../src/http/answer/rate-limits.ts";

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ "x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "2s" }, undefined],
  [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2m59.56s" }, 179_560],
  [{ "x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "12.5" }, 12_500],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7" }, 7_000],
  [{ "x-ratelimit-remaining": "0" }, undefined],
  [
    {
      date: "Sun, 29 Nov 2026 12:00:00 GMT",
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": "2026-11-29T12:00:09Z",
    },
    9_000,
  ],
  [{ ratelimit: '"minute";r=0;t=30, "day";r=5;t=9000' }, 30_000],
  [{ ratelimit: '"minute";r=0;t=30, "day";r=0;t=90' }, 90_000],
  // nine characters are a time, and ten may be a moment
  [
    {
      date: "Sun, 29 Nov 2026 12:00:00 GMT",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Date.UTC(2026, 10, 29, 12) / 1000 + 8),
    },
    8_000,
  ],
  [{ "ratelimit-remaining": "0", "ratelimit-reset": "50" }, 50_000],
])("services.md §2: the limits %j have room again in %j ms", (headers, expected) => {
  expect(parseLimitReset(headers)).toBe(expected);
});

test.each<[string, Record<string, string>, object[]]>([
  [
    "OpenAI",
    {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "59",
      "x-ratelimit-reset-requests": "1s",
      "x-ratelimit-limit-tokens": "150000",
      "x-ratelimit-remaining-tokens": "149984",
      "x-ratelimit-reset-tokens": "6m0s",
    },
    [
      { name: "requests", unit: "requests", limit: 60, remaining: 59, resetMs: 1_000 },
      { name: "tokens", unit: "tokens", limit: 150_000, remaining: 149_984, resetMs: 360_000 },
    ],
  ],
  [
    "Cerebras",
    {
      "x-ratelimit-limit-tokens-minute": "60000",
      "x-ratelimit-remaining-tokens-minute": "59000",
      "x-ratelimit-reset-tokens-minute": "12.5",
      "x-ratelimit-remaining-requests-day": "9",
    },
    [
      {
        name: "tokens-minute",
        unit: "tokens",
        window: "minute",
        limit: 60_000,
        remaining: 59_000,
        resetMs: 12_500,
      },
      { name: "requests-day", unit: "requests", window: "day", remaining: 9 },
    ],
  ],
  [
    "Anthropic",
    { "anthropic-ratelimit-output-tokens-limit": "8000", "anthropic-ratelimit-output-tokens-remaining": "0" },
    [{ name: "output-tokens", unit: "tokens", limit: 8_000, remaining: 0 }],
  ],
  [
    "the draft",
    {
      ratelimit: '"default";r=50;t=30, "bytes";r=0;t=5',
      "ratelimit-policy": '"default";q=100;w=60, "bytes";q=9;qu="content-bytes"',
    },
    [
      {
        name: 'field "default"',
        unit: "requests",
        window: "minute",
        limit: 100,
        remaining: 50,
        resetMs: 30_000,
      },
      { name: 'field "bytes"', unit: undefined, remaining: 0, resetMs: 5_000 },
    ],
  ],
  [
    "the draft, with other windows and spaces",
    {
      ratelimit: "hour; r=1.5; t=2, day;r=0;t=5, odd;r=3",
      "ratelimit-policy": 'hour; q=10; w=3600, day;q=20;w=86400;qu="requests", odd;q=5;w=7; qu=tokens',
      "x-ratelimit-remaining-requests": "4",
    },
    [
      { name: "requests", remaining: 4 },
      { name: "field hour", unit: "requests", window: "hour", limit: 10, remaining: 1.5, resetMs: 2_000 },
      { name: "field day", unit: "requests", window: "day", limit: 20, remaining: 0, resetMs: 5_000 },
      { name: "field odd", unit: undefined, window: undefined, limit: 5, remaining: 3 },
    ],
  ],
  [
    "a service that counts something else, or less than nothing",
    {
      "x-ratelimit-remaining-neurons": "5",
      "x-ratelimit-limit-hour": "-3",
      "x-ratelimit-limit-input-tokens": "7",
    },
    [
      { name: "neurons", unit: undefined, window: undefined, remaining: 5 },
      { name: "hour", unit: "requests", window: "hour", limit: 0 },
      { name: "input-tokens", unit: "tokens", limit: 7 },
    ],
  ],
  [
    "names that only look like those",
    {
      "my-x-ratelimit-limit": "1",
      "x-ratelimit-limit-2": "1",
      "x-ratelimit-limits": "1",
      "my-anthropic-ratelimit-requests-limit": "1",
      "anthropic-ratelimit-limit": "1",
      "anthropic-ratelimit-requests-limits": "1",
    },
    [],
  ],
  ["nobody", { "x-ratelimit-note": "be kind", "x-request-id": "1" }, []],
  ["words where a number should be", { "x-ratelimit-remaining": "plenty" }, [{ remaining: undefined }]],
])("services.md §2: the limits that %s tells of are read from every answer", (_, headers, limits) => {
  const told = parseRateLimits(headers);

  expect(told).toMatchObject(limits);
  expect(told).toHaveLength(limits.length);
});

test("the name of a limit is the part of the header that tells it from the others", () => {
  expect(
    parseRateLimits({
      "ratelimit-limit": "5",
      "x-ratelimit-limit-tokens-day": "6",
      "anthropic-ratelimit-requests-limit": "7",
    }).map(({ name, unit, window }) => [name, unit, window]),
  ).toEqual([
    ["", "requests", undefined],
    ["tokens-day", "tokens", "day"],
    ["requests", "requests", undefined],
  ]);
});
