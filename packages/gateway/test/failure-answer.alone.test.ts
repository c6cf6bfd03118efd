import { type Attempt, ChatError, type ChatErrorCode } from "@fallthrough/core";
import { ChainExhaustedError } from "@fallthrough/registry";
import { afterAll, expect, test, vi } from "vitest";
import { formatError } from "../src/dialects/chat-completions/write-error.ts";
import { explainFailure, failureAnswer } from "../src/failure-answer.ts";

// the clock stands still, so that no wait depends on how long the test before took
vi.useFakeTimers({ toFake: ["Date"] });
afterAll(() => void vi.useRealTimers());
const SOON = new Date(Date.now() + 30_000);

function exhausted(outcomes: readonly (readonly [Attempt["outcome"], ChatErrorCode?])[], retryAt?: Date) {
  return new ChainExhaustedError(
    outcomes.map(([outcome, code]) => ({
      attempt: { provider: "one", model: "m", outcome, code, ms: 1 },
      error: outcome === "failed" ? new ChatError(code ?? "server", "upstream words") : undefined,
    })),
    retryAt,
  );
}

test.each([
  [
    "keys and bills",
    [
      ["failed", "auth"],
      ["skipped", "payment"],
    ],
    undefined,
    502,
  ],
  [
    "too long for all",
    [
      ["failed", "context-length"],
      ["skipped", "context-length"],
    ],
    undefined,
    413,
  ],
  ["known to nobody", [["failed", "not-found"]], undefined, 404],
  [
    "wrong for all",
    [
      ["failed", "bad-request"],
      ["failed", "content-filter"],
    ],
    undefined,
    400,
  ],
  ["able to nobody", [["skipped", "unsupported"]], undefined, 400],
  [
    "limited by all",
    [
      ["failed", "rate-limit"],
      ["skipped", "rate-limit"],
    ],
    SOON,
    429,
  ],
  [
    "limited or cooling",
    [
      ["failed", "rate-limit"],
      ["skipped", "server"],
    ],
    SOON,
    429,
  ],
  [
    "cooling",
    [
      ["skipped", "server"],
      ["skipped", "network"],
    ],
    SOON,
    503,
  ],
  ["retired", [["skipped"]], undefined, 503],
  [
    "late",
    [
      ["failed", "timeout"],
      ["failed", "timeout"],
    ],
    undefined,
    504,
  ],
  [
    "mixed",
    [
      ["failed", "server"],
      ["failed", "rate-limit"],
      ["skipped", "unsupported"],
    ],
    SOON,
    502,
  ],
  [
    "mixed with one that lacks something",
    [
      ["failed", "not-found"],
      ["skipped", "unsupported"],
    ],
    undefined,
    404,
  ],
] as const)("when all fail, %s, the status is one of the ladder", (_, outcomes, retryAt, status) => {
  const response = failureAnswer(exhausted(outcomes as never, retryAt), { formatError });

  expect(response.status).toBe(status);
  expect(response.headers["retry-after"]).toBe(
    status === 429 || (status === 503 && retryAt) ? "30" : undefined,
  );
  expect(response.headers["x-fallthrough-attempts"]).toBe(`${outcomes.length}`);
});

test.each([
  ["offline", 503],
  ["deadline", 504],
  ["bad-request", 400],
  ["server", 502],
] as const)("a call that ends with %s has its status", (code, status) => {
  expect(explainFailure(new ChatError(code, "upstream words")).status).toBe(status);
});

test("a client sees codes and ids, never what was said upstream", async () => {
  const cause = new ChatError("server", "said hunter2", {
    provider: "one",
    cause: new Error("hunter2"),
    fix: "Look into hunter2.",
  });

  const single = failureAnswer(cause, { formatError }).body as string;
  const all = failureAnswer(exhausted([["failed", "server"]]), { formatError }).body as string;

  expect(JSON.parse(single).error).toEqual({
    message: "provider one failed: server",
    type: "server_error",
    param: null,
    code: "server",
    fix: "Try later.",
    help: "https://fallthrough-js.github.io/fallthrough/errors#server",
    provider: "one",
  });
  expect(JSON.parse(all).error).toMatchObject({
    message: "no provider answered: one failed (server)",
    attempts: [{ provider: "one", model: "m", outcome: "failed", code: "server" }],
  });
  expect(single + all).not.toMatch(/hunter2|words|stack/);
});

test("a client that can mend its request learns how, in the words of who refused it", () => {
  const refused = new ChatError("unsupported", "no images", { fix: "Leave the image out." });

  expect(JSON.parse(failureAnswer(refused, { formatError }).body as string).error).toMatchObject({
    fix: "Leave the image out.",
    help: expect.stringMatching(/errors#unsupported$/),
  });
});

test("a fault of the gateway itself is a 500 without its words", async () => {
  const response = failureAnswer(new TypeError("hunter2"), { formatError });

  expect(response.status).toBe(500);
  expect(response.body).not.toContain("hunter2");
});
