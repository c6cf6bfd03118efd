import { expect, test } from "vitest";
import { explainRefusal } from "../src/explain-refusal.ts";

const json = (message: string, code?: string): string =>
  JSON.stringify({ success: false, data: { message, code } });

test.each([
  [403, "The link you followed has expired.", { code: "auth", remedy: "page" }],
  [403, "Der Link ist abgelaufen.</p><p><a href='/'>Zurück</a>", { code: "auth", remedy: "page" }],
  [403, "-1", { code: "auth", remedy: "page" }],
  [403, "Forbidden", undefined],
  [403, "<html>Forbidden</p><p><a href='/'>", undefined],
  [400, "0", { code: "protocol", remedy: "page" }],
  [400, "00", undefined],
  [404, "0", undefined],
  [403, json("Anything", "nonce_failure_cache_sse"), { code: "auth", remedy: "page" }],
  [403, json("Anything", "cors_denied"), undefined],
  [403, json("Access from your IP address has been blocked."), { code: "blocked" }],
  [400, json("Anything", "empty_data_to_cache"), { code: "bad-request" }],
  [400, json("Invalid chatbot specified."), { code: "not-found" }],
  [401, json("OpenAI API Error (HTTP 401): no"), { code: "server", status: 401 }],
  [429, json("Anything"), undefined],
  [500, "<p>There has been a critical error on this website.</p>", undefined],
  [403, "[]", undefined],
  [403, "null", undefined],
])("status %i with %s is %j", (status, body, expected) => {
  const failure = explainRefusal({ status, headers: {}, contentType: "text/html", body });

  if (expected === undefined) expect(failure).toBeUndefined();
  else expect(failure).toMatchObject({ status, ...expected });
});

test.each([
  ["text/event-stream", "<html>", "server"],
  ["text/event-stream", ": a comment", undefined],
  ["text/html", "<html>", undefined],
])("a success of type %s that is the page %s is %s", (contentType, body, code) => {
  expect(explainRefusal({ status: 200, headers: {}, contentType, body })?.code).toBe(code);
});
