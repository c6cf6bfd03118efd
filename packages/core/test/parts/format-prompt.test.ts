import { expect, test } from "vitest";
import type { ChatMessage, ContentPart } from "../../src/contract/contract.ts";
import { formatPrompt, messageText } from "../../src/parts/format-prompt.ts";

test("one message is its text as it is", () => {
  expect(formatPrompt([{ role: "system", content: " raw \n" }])).toBe(" raw \n");
});

test("several messages are lines with their roles that end in the assistant's", () => {
  const prompt = formatPrompt([
    { role: "system", content: "be short" },
    { role: "user", content: "hi" },
    { role: "assistant", content: "hello" },
    { role: "tool", content: "42", toolCallId: "1" },
  ]);

  expect(prompt).toBe("System: be short\nUser: hi\nAssistant: hello\nTool: 42\nAssistant:");
});

test("blank messages are dropped, and one that is left is raw", () => {
  const prompt = formatPrompt([
    { role: "system", content: " \n" },
    { role: "user", content: [{ type: "text", text: "hi" }] },
    { role: "assistant", content: null },
  ]);

  expect(prompt).toBe("hi");
});

test("what is left out of a prompt is told", () => {
  const warnings: string[] = [];
  const image: ContentPart = { type: "image", data: "aGk=" };

  const prompt = formatPrompt([{ role: "user", content: [image, { type: "text", text: "hi" }] }], (message) =>
    warnings.push(message),
  );

  expect(prompt).toBe("hi");
  expect(warnings).toHaveLength(1);
});

test("text parts are put together and other parts are told", () => {
  const warnings: string[] = [];
  const content: ContentPart[] = [
    { type: "text", text: "a" },
    { type: "image", data: "aGk=" },
    { type: "text", text: "b" },
    { type: "file", data: new Uint8Array() },
  ];

  const text = messageText({ role: "user", content }, (message) => warnings.push(message));

  expect(text).toBe("ab");
  expect(warnings).toEqual([
    "this endpoint takes text only, so an image was left out",
    "this endpoint takes text only, so an attached file was left out",
  ]);
});

test.each<[string, ChatMessage[]]>([
  ["no message", []],
  ["blank messages", [{ role: "user", content: " " }]],
  ["an image alone", [{ role: "user", content: [{ type: "image", data: "aGk=" }] }]],
])("%s is a bad request", (_, messages) => {
  expect(() => formatPrompt(messages)).toThrow(
    expect.objectContaining({
      code: "bad-request",
      message: "the request has no message with text, expected at least one",
    }),
  );
});
