import { expect, test } from "vitest";
import { readMessage } from "../../../src/dialects/chat-completions/read-message.ts";

test.each([
  [
    { role: "developer", content: "Be brief." },
    { role: "system", content: "Be brief." },
  ],
  [
    { role: "tool", tool_call_id: "a", content: "12" },
    { role: "tool", toolCallId: "a", content: "12" },
  ],
  [
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "a", function: { name: "now", arguments: "{}" } }],
    },
    { role: "assistant", content: "", toolCalls: [{ id: "a", name: "now", arguments: "{}" }] },
  ],
  [
    { role: "assistant", content: [{ type: "refusal", refusal: "no" }] },
    { role: "assistant", content: "no" },
  ],
  [
    { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } }] },
    { role: "user", content: [{ type: "image", data: "iVBO", mediaType: "image/png" }] },
  ],
  [
    { role: "user", content: [{ type: "image_url", image_url: { url: "https://example.com/a.png" } }] },
    { role: "user", content: [{ type: "image", data: new URL("https://example.com/a.png") }] },
  ],
  [
    {
      role: "user",
      content: [{ type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBE" } }],
    },
    { role: "user", content: [{ type: "file", data: "JVBE", mediaType: "application/pdf", name: "a.pdf" }] },
  ],
  [
    { role: "user", content: [{ type: "input_audio", input_audio: { data: "SUQz", format: "mp3" } }] },
    {
      role: "user",
      content: [{ type: "file", data: "SUQz", mediaType: "audio/mpeg", name: "audio.mp3" }],
    },
  ],
  [
    { role: "tool", tool_call_id: "a", content: null, name: "now" },
    { role: "tool", toolCallId: "a", toolName: "now", content: "" },
  ],
  [
    {
      role: "assistant",
      content: "So.",
      reasoning_content: "hm",
      refusal: null,
      annotations: [],
      phase: "final",
    },
    { role: "assistant", content: "So.", reasoning: [{ text: "hm" }], extraFields: { phase: "final" } },
  ],
])("%j is understood", (message, expected) => {
  expect(readMessage(message, "messages[0]")).toEqual(expected);
});

test.each([
  ["content", { role: "user" }],
  ["content[0].type", { role: "user", content: [{ type: "video" }] }],
  ["content[0].input_audio", { role: "user", content: [{ type: "input_audio" }] }],
  [
    "content[0].image_url.url",
    { role: "user", content: [{ type: "image_url", image_url: { url: "file:///etc/passwd" } }] },
  ],
  [
    "content[0].image_url.url",
    { role: "user", content: [{ type: "image_url", image_url: { url: "https://" } }] },
  ],
  ["content[0].file.file_data", { role: "user", content: [{ type: "file", file: { file_id: "file-1" } }] }],
  ["tool_call_id", { role: "tool", content: "12" }],
  ["tool_calls[0].id", { role: "assistant", tool_calls: [{ function: { name: "a", arguments: "" } }] }],
])("a wrong %s is refused by its name", (field, message) => {
  expect(() => readMessage(message, "messages[0]")).toThrow(
    expect.objectContaining({ status: 400, param: `messages[0].${field}` }),
  );
});
