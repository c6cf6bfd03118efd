import type { ChatMessage } from "@fallthrough/core";
import { expect, test } from "vitest";
import { formatHistory } from "../src/prompt.ts";

const CONVERSATION: ChatMessage[] = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "Hi" },
  { role: "assistant", content: "Hello there" },
  { role: "user", content: "How are you?" },
];

test("the whole conversation is one text unless the field is asked for", () => {
  const { classic, aipkit } = formatHistory(CONVERSATION, "flatten");

  expect(classic).toBe(aipkit);
  expect(classic).toEqual({
    message: "System: Be brief.\nUser: Hi\nAssistant: Hello there\nUser: How are you?\nAssistant:",
    history: [],
    warnings: [],
  });
});

test("with the field the system's and the last message are asked, and only by the classic generation", () => {
  const { classic, aipkit } = formatHistory(CONVERSATION, "field");

  expect(classic).toEqual({
    message: "System: Be brief.\nUser: How are you?\nAssistant:",
    history: ["Human: Hi", "AI: Hello there"],
    warnings: [],
  });
  expect([aipkit.history, aipkit.warnings.length]).toEqual([[], 1]);
});

test.each([
  ['say "hi"\nplease', "say 'hi' please"],
  ["a\\b\tc", "a/b c"],
  ["<b>5 < 6</b>", "‹b>5 ‹ 6‹/b>"],
  ["100%25 and 5%", "100% 25 and 5%"],
  ["half \ud83d of a pair", "half \ufffd of a pair"],
  ["привет 👋", "привет 👋"],
])("the history item %j is sent as %j", (content, sent) => {
  const { classic } = formatHistory([{ role: "user", content }, ...CONVERSATION.slice(-1)], "field");

  expect(classic.history).toEqual([`Human: ${sent}`]);
  expect(classic.warnings).toHaveLength(content === sent ? 0 : 1);
  expect(JSON.stringify(classic.history)).not.toMatch(/\\/);
});

test("a conversation without text is the caller's mistake", () => {
  expect(() => formatHistory([{ role: "user", content: " " }], "field")).toThrow(
    expect.objectContaining({ code: "bad-request" }),
  );
});
