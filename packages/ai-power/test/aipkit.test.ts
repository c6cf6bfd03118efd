import { expect, test } from "vitest";
import { noteReason, parseAipkitAnswer, parseAipkitEvent, parseCacheKey, parseNonce } from "../src/aipkit.ts";

test.each([
  ["message", '{"delta":"Hi"}', { type: "delta", text: "Hi" }],
  ["message", '{"delta":""}', { type: "other" }],
  ["message_start", '{"message_id":"1"}', { type: "other" }],
  ["openai_response_id", '{"id":"1"}', { type: "other" }],
  ["status", "[1,2]", { type: "other" }],
  ["status", "not JSON", { type: "other" }],
  ["status", '{"delta":"not an answer"}', { type: "other" }],
  ["done", '{"finished":true}', { type: "done" }],
  ["error", '{"error":"Anything"}', { type: "failure", failure: { code: "server" } }],
  ["error", '{"error":"Alles weg","quota_notice":{}}', { type: "failure", failure: { code: "rate-limit" } }],
  ["warning", '{"error":" (Incomplete: max_output_tokens)"}', { type: "note", finishReason: "length" }],
  ["warning", '{"error":" (Refusal: no)"}', { type: "note", finishReason: "content-filter" }],
  ["warning", '{"error":" (Anything)"}', { type: "note", text: "(Anything)" }],
  ["citations", '[{"url":"https://a.example","title":"A"}]', { type: "sources", sources: [{ title: "A" }] }],
  [
    "message",
    '{"citations":["https://a.example"]}',
    { type: "sources", sources: [{ url: "https://a.example" }] },
  ],
  ["message", '{"citations":[{"url":"javascript:alert(1)"},null]}', { type: "other" }],
])("the event %s %s is read as %j", (event, data, expected) => {
  expect(parseAipkitEvent({ event, data })).toMatchObject(expected);
});

test.each(["message", "error", "warning"])(
  "data of the event %s that is no JSON is a protocol error",
  (event) => {
    expect(() => parseAipkitEvent({ event, data: "oops" })).toThrow(
      expect.objectContaining({ code: "protocol" }),
    );
  },
);

test.each([
  [{ success: true, data: { cache_key: "aipkit_sse_0123" } }, "aipkit_sse_0123"],
  [{ success: true, data: { cache_key: "a b&c" } }, { code: "protocol" }],
  [
    { success: false, data: { message: "Security check failed." } },
    { code: "auth", remedy: "page" },
  ],
  [{ success: false, data: { message: "Anything" } }, { code: "server" }],
  [0, { code: "protocol", remedy: "page" }],
  [null, { code: "protocol" }],
])("step 1 answers %j, which is %j", (json, expected) => {
  const key = parseCacheKey(json);

  if (typeof expected === "string") expect(key).toBe(expected);
  else expect(key).toMatchObject(expected);
});

test.each([
  [{ success: true, data: { reply: "Hi" } }, { text: "Hi" }],
  [{ success: true, data: {} }, { text: "" }],
  [{ success: false, data: { message: "Anything" } }, { code: "empty" }],
  [{ success: false, data: { message: "Invalid chatbot specified." } }, { code: "not-found" }],
  [0, { code: "protocol", remedy: "page" }],
  ["Hi", { code: "protocol" }],
])("the JSON action answers %j, which is %j", (json, expected) => {
  expect(parseAipkitAnswer(json)).toMatchObject(expected);
});

test.each([
  [{ data: { nonce: "c700006fbf" } }, "c700006fbf"],
  [{ data: { nonce: "a\r\nb: c" } }, undefined],
  [{ data: null }, undefined],
])("the nonce endpoint answers %j, which is the nonce %j", (json, nonce) => {
  expect(parseNonce(json)).toBe(nonce);
});

test("a note inside an answer is no reason to stop", () => {
  expect(noteReason("(Incomplete: max_output_tokens) is what it said.")).toBeUndefined();
});
