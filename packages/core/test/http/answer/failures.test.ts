import { expect, test } from "vitest";
import type { ChatErrorCode } from "../../../src/errors/error-codes.ts";
import { failureOf } from "../../providers.ts";
import { answer, createClient, startAnswering } from "../../servers.ts";

const PAGE = "<!doctype html><p>sorry</p>";
const CHALLENGE = "<html><title>Just a moment...</title></html>";

test.each<[number, Record<string, string>, string, ChatErrorCode]>([
  [400, {}, "{}", "bad-request"],
  [401, {}, "{}", "auth"],
  [402, {}, "{}", "payment"],
  [403, { "content-type": "application/json" }, "{}", "auth"],
  [403, { "content-type": "text/html" }, "no", "blocked"],
  [403, {}, PAGE, "blocked"],
  [404, {}, "{}", "not-found"],
  [404, {}, PAGE, "not-found"],
  [405, {}, "{}", "bad-request"],
  [408, {}, "{}", "server"],
  [409, {}, "{}", "server"],
  [410, {}, "{}", "not-found"],
  [413, {}, "{}", "context-length"],
  [422, {}, "{}", "bad-request"],
  [425, {}, "{}", "server"],
  [429, {}, "{}", "rate-limit"],
  [429, {}, CHALLENGE, "blocked"],
  [451, {}, "{}", "blocked"],
  [500, {}, "error 402, quota 429", "server"],
  [500, {}, PAGE, "server"],
  [502, {}, "{}", "server"],
  [503, {}, "{}", "server"],
  [503, { "retry-after": "abc" }, "{}", "server"],
  [503, { "retry-after": "2" }, "{}", "rate-limit"],
  [503, { "cf-mitigated": "challenge" }, "{}", "blocked"],
  [503, {}, CHALLENGE, "blocked"],
  [599, {}, "{}", "server"],
  [600, {}, "{}", "protocol"],
  [999, {}, "{}", "protocol"],
  [204, {}, "", "protocol"],
  [205, {}, "", "protocol"],
  [304, {}, "", "protocol"],
  [302, { location: "/login" }, "", "blocked"],
  [307, { location: "https://other.example/" }, "", "blocked"],
  [301, {}, "", "protocol"],
  [302, { location: "http://[" }, "", "protocol"],
  [302, { location: "file:///etc/passwd" }, "", "protocol"],
])("status %i with %j and %j is %s", async (status, headers, body, code) => {
  const server = await startAnswering(answer(body, { status, headers }));
  const http = createClient(server);

  const error = await failureOf(http({ method: "POST", path: "/chat", body: {} }));

  expect(error).toMatchObject({ code, status, provider: "toy", origin: server.origin });
  expect(error.message).toMatch(new RegExp(`^\\[toy\\] POST /chat answered ${status}`));
  expect(server.requests).toHaveLength(1);
});

test("the wait that a server asks for is told", async () => {
  const server = await startAnswering(answer("{}", { status: 429, headers: { "retry-after": "2" } }));

  expect(await failureOf(createClient(server)({ path: "/" }))).toMatchObject({ retryAfterMs: 2000 });
});

test("what a server says in an error body is not in the message", async () => {
  const server = await startAnswering(answer("the words of the upstream", { status: 500 }));

  const error = await failureOf(createClient(server)({ path: "/" }));

  expect(error.message).toBe("[toy] GET / answered 500");
});

test("an encoding that nobody knows does not hide the status", async () => {
  const headers = { "content-encoding": "odd" };
  const server = await startAnswering(answer("{}", { status: 429, headers }));

  expect((await failureOf(createClient(server)({ path: "/" }))).code).toBe("rate-limit");
});

test("an error body that never ends does not hold the status back", async () => {
  const head = "HTTP/1.1 500 Oops\r\ncontent-length: 100000\r\n\r\n";
  const server = await startAnswering(head, "x".repeat(5000));

  expect((await failureOf(createClient(server)({ path: "/" }))).code).toBe("server");
});
