import { expect, test } from "vitest";
import { formatRoute } from "../src/route.ts";

test("a route is a table with one line for each attempt", () => {
  const lines = formatRoute({
    attempts: [
      { provider: "a", model: "one", outcome: "skipped", reason: "retired, as of 2024-01-30", ms: 0 },
      {
        provider: "bcd",
        model: "x",
        outcome: "failed",
        code: "blocked",
        status: 403,
        phase: "headers",
        ms: 12.4,
      },
      { provider: "e", model: "x", outcome: "answered", reportedModel: "y", ms: 3 },
      { provider: "f", model: "x", outcome: "answered", reportedModel: "x", ms: 4 },
      { provider: "g", outcome: "answered", reportedModel: "x", ms: 5 },
    ],
  });

  expect(
    lines.map((spans) => spans.map((span) => (typeof span === "string" ? span : span.text)).join("")),
  ).toEqual([
    "asked  outcome   why                        time",
    "a/one  skipped   retired, as of 2024-01-30",
    "bcd/x  failed    blocked, HTTP 403          12 ms",
    "e/x    answered  the server says y          3 ms",
    "f/x    answered                             4 ms",
    "g      answered  the server says x          5 ms",
  ]);
});
