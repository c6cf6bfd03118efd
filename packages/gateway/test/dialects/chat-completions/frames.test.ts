import type { StreamPart } from "@fallthrough/core";
import { expect, test } from "vitest";
import { createFrames } from "../../../src/dialects/chat-completions/frames.ts";
import { answer, eventsOf, textOf } from "../../case.ts";

function render(parts: readonly StreamPart[]): string {
  const frames = createFrames({ includeUsage: false, legacyFunctions: false });
  return frames.begin({ provider: "one", model: "model" }) + parts.map((part) => frames.write(part)).join("");
}

test("text that looks like the protocol stays in its frame and arrives as it was", () => {
  const delta = 'a\r\n\ndata: [DONE]\n\n\u2028b\u2029c\u0085d\u0000e"👋\\';

  const stream = render(answer(delta));

  expect(textOf(stream)).toBe(delta);
  for (const end of ["\r", "\u2028", "\u2029", "\u0085", "\0"]) expect(stream).not.toContain(end);
  expect(stream.split("\n\n").every((event) => event === "" || /^data: [^\n]+$/.test(event))).toBe(true);
});

test("a tool call is told in pieces, and what was told is not told again", () => {
  const stream = render([
    { type: "tool-call-delta", id: "a", name: "weather", delta: '{"city":' },
    { type: "tool-call-delta", id: "b", name: "now", delta: "{" },
    { type: "tool-call-delta", id: "a", name: "weather", delta: '"Rome"}' },
    { type: "tool-call", id: "a", name: "weather", arguments: '{"city":"Rome"}' },
    { type: "tool-call", id: "b", name: "now", arguments: "{}" },
    { type: "tool-call", id: "c", name: "here", arguments: "{}" },
    { type: "finish", finishReason: "tool-calls" },
  ]);

  const calls = (eventsOf(stream) as { choices?: { delta: { tool_calls?: object[] } }[] }[]).flatMap(
    ({ choices }) => choices?.[0]?.delta.tool_calls ?? [],
  );
  expect(calls).toEqual([
    { index: 0, id: "a", type: "function", function: { name: "weather", arguments: '{"city":' } },
    { index: 1, id: "b", type: "function", function: { name: "now", arguments: "{" } },
    { index: 0, function: { arguments: '"Rome"}' } },
    { index: 1, function: { arguments: "}" } },
    { index: 2, id: "c", type: "function", function: { name: "here", arguments: "{}" } },
  ]);
});

test("reasoning and sources have the fields that clients know, warnings stand on the last chunk", () => {
  const events = eventsOf(
    render([
      { type: "warning", code: "other", message: "look" },
      { type: "reasoning-delta", delta: "hm" },
      { type: "source", url: "https://example.com/", title: "Example" },
      { type: "finish", finishReason: "content-filter" },
    ]),
  );

  expect(events).toMatchObject([
    { choices: [{ delta: { role: "assistant" } }] },
    { choices: [{ delta: { reasoning_content: "hm" } }] },
    { choices: [{ delta: { annotations: [{ url_citation: { title: "Example" } }] } }] },
    { choices: [{ finish_reason: "content_filter" }], warnings: [{ code: "other", message: "look" }] },
    "[DONE]",
  ]);
});
