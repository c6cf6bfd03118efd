import { expect, test } from "vitest";
import { parseClassicAnswer, parseClassicEvent } from "../src/classic.ts";

test.each([
  [{ status: "success", msg: "Something went wrong", data: "Hi" }, { text: "Hi" }],
  [{ status: "success", data: "" }, { text: "" }],
  [{ status: "success", data: { role: "assistant", content: null } }, { text: "" }],
  [{ status: "error", msg: "Anything else" }, { code: "server" }],
  [{ status: "error" }, { code: "server" }],
  [{ msg: "Limit", tokenLimitReached: true }, { code: "rate-limit" }],
  [{ msg: "No", messageFlagged: true }, { code: "content-filter" }],
  [{ msg: "No", ipBanned: true }, { code: "blocked" }],
  [{ status: "success", data: "Hi", ipBanned: true }, { code: "blocked" }],
  [
    { status: "error", msg: "Nonce verification failed" },
    { code: "auth", remedy: "page" },
  ],
  ["Invalid nonce. Please refresh the page.", { code: "auth", remedy: "page" }],
  [0, { code: "protocol", remedy: "page" }],
  [-1, { code: "auth", remedy: "page" }],
  [null, { code: "protocol" }],
  [{ data: "Hi" }, { code: "protocol" }],
])("the answer %j is read as %j", (json, expected) => {
  expect(parseClassicAnswer(json)).toMatchObject(expected);
});

test("an error text is quoted as the upstream wrote it", () => {
  const { message } = parseClassicAnswer({
    status: "error",
    msg: "a &quot;b&quot; &amp; &lt;c&gt; &#039;d&#039;",
  }) as {
    message: string;
  };

  expect(message).toBe(`chat answered ${JSON.stringify("a \"b\" & <c> 'd'")}`);
});

test.each([
  ["[DONE]", { type: "done" }],
  ['{"id":"1","choices":[{"delta":{"content":"Hi"}}]}', { type: "chunk", delta: "Hi" }],
  [
    '{"model":"m","choices":[{"text":"Hi","finish_reason":"length"}]}',
    { finishReason: "length", model: "m" },
  ],
  [
    '{"id":"1","choices":[{"delta":{},"finish_reason":"content_filter"}]}',
    { finishReason: "content-filter" },
  ],
  ['{"id":"1","choices":[{"delta":{},"finish_reason":"function_call"}]}', { finishReason: "other" }],
  ['{"id":"1","choices":[{"delta":{"content":null}}]}', { type: "chunk", delta: "" }],
  ['{"choices":[{"delta":{"content":"Incorrect"}}]}', { type: "spelled", text: "Incorrect" }],
  ['{"choices":[{"delta":{"content":" "gpt-9"."}}]}', { type: "spelled", text: ' "gpt-9".' }],
  ['{"choices":[{"finish_reason":"stop"}]}', { type: "other" }],
  ['{"id":"1","choices":[]}', { type: "other" }],
  ['{"error":{"message":"Sorry"}}', { type: "failure", failure: { code: "server" } }],
  ['{"msg":"Limit","tokenLimitReached":true}', { type: "failure", failure: { code: "rate-limit" } }],
  ["[1]", { type: "other" }],
])("the event %s is read as %j", (data, expected) => {
  expect(parseClassicEvent(data)).toMatchObject(expected);
});

test("an event that is no JSON is a protocol error", () => {
  expect(() => parseClassicEvent("oops")).toThrow(expect.objectContaining({ code: "protocol" }));
});
