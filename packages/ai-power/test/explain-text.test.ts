import { expect, test } from "vitest";
import { explainText, unescapeHtml } from "../src/explain-text.ts";

test.each([
  ["Security check failed. Please refresh the page and try again.", { code: "auth", remedy: "page" }],
  ["Message not found in cache.", { code: "server", remedy: "key" }],
  ["Cached message has expired.", { code: "server", remedy: "key" }],
  ["Invalid chatbot specified.", { code: "not-found" }],
  ["You have reached your quota for this period.", { code: "rate-limit" }],
  ["You have reached your token limit for this period.", { code: "rate-limit" }],
  ["Your message contains prohibited words. Please modify your message.", { code: "content-filter" }],
  ["You are not allowed to access this feature.", { code: "blocked" }],
  ["Access from your IP address has been blocked.", { code: "blocked" }],
  ["OpenAI API Error (HTTP 401): Security check failed", { code: "server" }],
  ["API Error: You have reached your quota (Code: insufficient_quota)", { code: "server" }],
  ["Einen Moment bitte", { code: "server" }],
])("%s is %j", (text, expected) => {
  expect(explainText(text)).toMatchObject(expected);
});

test.each([
  ["&amp;lt;", "&lt;"],
  ["&#039;&#39;&quot;", `''"`],
  ["&copy; & <b>", "&copy; & <b>"],
])("%s stands for %s", (text, expected) => {
  expect(unescapeHtml(text)).toBe(expected);
});
