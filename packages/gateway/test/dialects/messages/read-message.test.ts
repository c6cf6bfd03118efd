import { expect, test } from "vitest";
import { readMessage, readSystem } from "../../../src/dialects/messages/read-message.ts";

const PNG = { type: "base64", media_type: "image/png", data: "iVBORw0" };
const cache_control = { type: "ephemeral" };

function read(role: string, content: unknown): unknown {
  return JSON.parse(JSON.stringify(readMessage({ role, content }, "messages[0]")));
}

test("system blocks are one message, which many models need, with the last mark for a cache", () => {
  const blocks = [
    { type: "text", text: "Be short.", cache_control: { type: "ephemeral", ttl: "1h" } },
    { type: "text", text: "Be kind.", cache_control },
    { type: "text", text: "" },
  ];

  expect(readSystem(blocks, "system")).toEqual({
    role: "system",
    content: "Be short.\n\nBe kind.",
    extraFields: { cache_control },
  });
  expect(read("system", "in the middle")).toEqual([{ role: "system", content: "in the middle" }]);
});

test("texts, images and documents are content, with their marks", () => {
  expect(
    read("user", [
      { type: "text", text: "See", cache_control },
      { type: "image", source: PNG },
      { type: "image", source: { type: "url", url: "https://example.org/a.png" } },
      {
        type: "document",
        title: "a.pdf",
        source: { type: "base64", media_type: "application/pdf", data: "JVBERi0" },
      },
      {
        type: "document",
        source: { type: "url", url: "https://example.org/a.pdf" },
        citations: { enabled: true },
      },
      {
        type: "document",
        title: "Notes",
        source: { type: "text", media_type: "text/plain", data: "Monday" },
      },
      { type: "document", source: { type: "content", content: [{ type: "image", source: PNG }] } },
      {
        type: "search_result",
        title: "Wiki",
        source: "https://example.org",
        content: [{ type: "text", text: "It is." }],
      },
    ]),
  ).toEqual([
    {
      role: "user",
      content: [
        { type: "text", text: "See", extraFields: { cache_control } },
        { type: "image", data: "iVBORw0", mediaType: "image/png" },
        { type: "image", data: "https://example.org/a.png" },
        { type: "file", data: "JVBERi0", mediaType: "application/pdf", name: "a.pdf" },
        {
          type: "file",
          data: "https://example.org/a.pdf",
          mediaType: "application/pdf",
          extraFields: { citations: { enabled: true } },
        },
        { type: "text", text: "Notes\n\nMonday" },
        { type: "image", data: "iVBORw0", mediaType: "image/png" },
        { type: "text", text: "Wiki\nhttps://example.org\n\nIt is." },
      ],
    },
  ]);
});

test("results of tools are messages of their own, before what the person says", () => {
  expect(
    read("user", [
      { type: "tool_result", tool_use_id: "a", content: "12:00", cache_control },
      { type: "text", text: "And now?" },
      { type: "tool_result", tool_use_id: "b", is_error: true, content: [{ type: "image", source: PNG }] },
      { type: "tool_result", tool_use_id: "c" },
    ]),
  ).toEqual([
    { role: "tool", toolCallId: "a", content: "12:00", extraFields: { cache_control } },
    {
      role: "tool",
      toolCallId: "b",
      isError: true,
      content: [{ type: "image", data: "iVBORw0", mediaType: "image/png" }],
    },
    { role: "tool", toolCallId: "c", content: "" },
    { role: "user", content: [{ type: "text", text: "And now?" }] },
  ]);
});

test("an answer is its texts, its thoughts and its calls", () => {
  expect(
    read("assistant", [
      { type: "thinking", thinking: "Let me see", signature: "" },
      { type: "text", text: "I ", citations: [{ type: "char_location" }] },
      { type: "text", text: "look", cache_control },
      { type: "tool_use", id: "a", name: "now", input: { zone: "UTC" }, cache_control },
    ]),
  ).toEqual([
    {
      role: "assistant",
      content: "I look",
      reasoning: [{ text: "Let me see" }],
      toolCalls: [{ id: "a", name: "now", arguments: '{"zone":"UTC"}', extraFields: { cache_control } }],
      extraFields: { cache_control },
    },
  ]);
});

test.each([
  ["user", [{ type: "image", source: { type: "file", file_id: "f" } }], "content[0].source.type"],
  ["user", [{ type: "image", source: { type: "url", url: "file:///etc/passwd" } }], "content[0].source.url"],
  ["user", [{ type: "container_upload", file_id: "f" }], "content[0].type"],
  ["user", [{ type: "tool_result", content: "12:00" }], "content[0].tool_use_id"],
  [
    "user",
    [{ type: "document", source: { type: "content", content: [{ type: "x" }] } }],
    "content[0].source.content[0].type",
  ],
  ["assistant", [{ type: "server_tool_use", id: "a", name: "web_search", input: {} }], "content[0].type"],
  ["assistant", [{ type: "tool_use", id: "a", name: "now", input: "{}" }], "content[0].input"],
])("a block of the %s that nobody can carry is refused, never left out: %j", (role, content, param) => {
  expect(() => readMessage({ role, content }, "messages[0]")).toThrow(
    expect.objectContaining({ status: 400, param: `messages[0].${param}` }),
  );
});
