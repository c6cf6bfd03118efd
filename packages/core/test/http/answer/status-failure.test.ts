import { expect, test } from "vitest";
import { ChatError } from "../../../src/errors/chat-error.ts";
import {
  codeOfStatus,
  type ErrorFactory,
  knownFailure,
  statusFailure,
} from "../../../src/http/answer/failures.ts";

const error: ErrorFactory = (code, message, details) => new ChatError(code, message, details);

interface Answer {
  readonly headers?: Record<string, string>;
  readonly type?: string;
  readonly body?: string;
}

function failureOf(status: number, { headers = {}, type = "", body = "" }: Answer = {}): ChatError {
  return statusFailure({ status, headers, contentType: type, body }, undefined, "GET /", error);
}

test.each<[number, Answer, string]>([
  [500, {}, "GET / answered 500"],
  [500, { type: "text/plain" }, "GET / answered 500 (text/plain)"],
  [500, { type: `text/${"x".repeat(50)}` }, `GET / answered 500 (text/${"x".repeat(34)}…)`],
  [403, { type: "text/html", body: "no" }, "GET / answered 403 with a page for people"],
  [301, {}, "GET / answered 301, redirecting to nowhere"],
  [302, { headers: { location: "http://[" } }, "GET / answered 302, redirecting to an invalid address"],
  [
    302,
    { headers: { location: "/login?token=secret" } },
    'GET / answered 302 with a page for people, redirecting to "/login"',
  ],
  [
    399,
    { headers: { location: "https://other.example/a?token=secret" } },
    'GET / answered 399 with a page for people, redirecting to "https://other.example/a"',
  ],
  [
    302,
    { headers: { location: "login" } },
    'GET / answered 302 with a page for people, redirecting to "http://localhost/login"',
  ],
  [400, { headers: { location: "/login" } }, "GET / answered 400"],
])("status %i with %j is told as %j", (status, answer, message) => {
  expect(failureOf(status, answer).message).toBe(message);
});

test.each([
  [100, "protocol"],
  [199, "protocol"],
  [200, "protocol"],
  [300, "protocol"],
  [400, "bad-request"],
  [402, "payment"],
  [418, "bad-request"],
  [424, "server"],
  [498, "server"],
  [499, "bad-request"],
  [500, "server"],
  [599, "server"],
  [600, "protocol"],
] as const)("an answer of status %i alone is %s", (status, code) => {
  expect(failureOf(status).code).toBe(code);
});

test.each([
  [199, "bad-request"],
  [408, "server"],
  [424, "server"],
  [498, "server"],
  [499, "bad-request"],
  [500, "server"],
  [599, "server"],
  [600, "bad-request"],
  [401, "auth"],
  [403, "auth"],
  [402, "payment"],
  [404, "not-found"],
  [410, "not-found"],
  [413, "context-length"],
  [429, "rate-limit"],
  [451, "blocked"],
] as const)("status %i inside of a body is %s", (status, code) => {
  expect(codeOfStatus(status)).toBe(code);
});

test("a challenge in an answer that is no failure does not make it one", () => {
  const headers = { "cf-mitigated": "challenge" };

  expect(failureOf(399, { headers }).code).toBe("protocol");
  expect(failureOf(400, { headers }).code).toBe("blocked");
});

test("a plain 402 or 403 speaks of the model, a page in its place of the whole server", () => {
  const scopeOf = (status: number, answer?: Answer): unknown => failureOf(status, answer).scope;

  expect([scopeOf(402), scopeOf(403)]).toEqual(["model", "model"]);
  expect(scopeOf(403, { type: "text/html" })).toBe(new ChatError("blocked", "x").scope);
  expect(scopeOf(401)).toBe(new ChatError("auth", "x").scope);
});

test("a failure carries the wait, the id and how far the answer had come", () => {
  const limits = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "7" };

  expect(failureOf(429, { headers: limits })).toMatchObject({ retryAfterMs: 7_000 });
  expect(failureOf(429, { headers: { ...limits, "retry-after": "2" } })).toMatchObject({
    retryAfterMs: 2_000,
  });
  expect(failureOf(500, { headers: limits }).retryAfterMs).toBeUndefined();
  expect(failureOf(500, { headers: { "x-request-id": "r-1" } })).toMatchObject({
    status: 500,
    requestId: "r-1",
    phase: "headers",
  });
  expect(failureOf(500, { body: "{}" }).phase).toBe("preamble");
  expect([failureOf(503), failureOf(503, { headers: { "retry-after": "1" } })]).toMatchObject([
    { code: "server" },
    { code: "rate-limit" },
  ]);
  expect(failureOf(502, { headers: { "retry-after": "1" } }).code).toBe("server");
});

test("what a provider recognised goes over what the status says", () => {
  const own = new ChatError("payment", "mine");
  const details = { status: 403, scope: "model", retryAfterMs: 5 } as const;
  const known = (noted: Parameters<typeof knownFailure>[0]): ChatError =>
    knownFailure(noted, error, "auth", "GET / answered 403", details);

  expect(known(own)).toBe(own);
  expect(known(undefined)).toMatchObject({
    code: "auth",
    message: "GET / answered 403",
    scope: "model",
    retryAfterMs: 5,
  });
  expect(known({ words: '"no plan"', retryAfterMs: 9 })).toMatchObject({
    message: 'GET / answered 403, saying "no plan"',
    scope: "model",
    retryAfterMs: 9,
  });
  expect(known({ code: "auth" }).scope).toBe("model");
  expect(known({ code: "payment" })).toMatchObject({ code: "payment", status: 403 });
  expect(known({ code: "payment" }).scope).toBe(own.scope);
  expect(known({ code: "unsupported", scope: "provider", need: "tools" })).toMatchObject({
    scope: "provider",
    need: "tools",
  });
});
