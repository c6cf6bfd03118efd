import { expect, test } from "vitest";
import type { ChatRequest } from "../../src/index.ts";
import { withoutForeignFields } from "../../src/provider.ts";

const extraFields = { cache_control: { type: "ephemeral" } };
const REQUEST: ChatRequest = {
  protocol: "messages",
  extraFields: { thinking: { type: "adaptive" } },
  messages: [
    { role: "system", content: "be short", extraFields },
    { role: "user", content: [{ type: "text", text: "hi", extraFields }], extraFields },
    { role: "assistant", content: "", toolCalls: [{ id: "1", name: "now", arguments: "{}", extraFields }] },
    { role: "tool", toolCallId: "1", content: "12:00", extraFields },
  ],
  tools: [{ name: "now", parameters: {}, extraFields: { defer_loading: true } }],
};

test("the fields of another protocol are left out wherever they stand, with a warning that names them", () => {
  const { request, warnings } = withoutForeignFields(REQUEST, "chat-completions");

  expect(JSON.stringify(request)).not.toContain("extraFields");
  expect(request.messages).toEqual([
    { role: "system", content: "be short" },
    { role: "user", content: [{ type: "text", text: "hi" }] },
    { role: "assistant", content: "", toolCalls: [{ id: "1", name: "now", arguments: "{}" }] },
    { role: "tool", toolCallId: "1", content: "12:00" },
  ]);
  expect(warnings).toEqual([
    {
      type: "warning",
      code: "unsupported",
      message: "fields of another protocol were left out: `thinking`, `cache_control`, `defer_loading`",
    },
  ]);
});

test.each(["messages", undefined] as const)("fields of the protocol %s stay as they are", (protocol) => {
  const asked = { ...REQUEST, protocol };

  expect(withoutForeignFields(asked, "messages")).toEqual({ request: asked, warnings: [] });
});

test("a request of another protocol without such fields is no warning", () => {
  const asked: ChatRequest = { protocol: "messages", messages: [{ role: "user", content: "hi" }] };

  expect(withoutForeignFields(asked, "chat-completions").warnings).toEqual([]);
});
