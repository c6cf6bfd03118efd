import type { StreamPart } from "@fallthrough/core";
import type { AnswerEvents } from "@fallthrough/core/provider";
import { openAnswer } from "@fallthrough/testkit";
import { expect, test, vi } from "vitest";
import { MessageReader } from "../src/answer.ts";

function openReader(): AnswerEvents {
  return openAnswer({ provider: "anthropic" }, (draft) => new MessageReader(draft));
}

function read(...events: readonly object[]): StreamPart[] {
  const reader = openReader();
  const parts: StreamPart[] = [];
  for (const event of events) readOne(reader, event, parts);
  return parts;
}

function readOne(reader: AnswerEvents, event: object, parts: StreamPart[]): boolean {
  return reader.readEvent({ event: "message", data: JSON.stringify(event) }, parts);
}

function block(index: number, content_block: object, ...deltas: readonly object[]): object[] {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

const text = (index: number, words: string): object[] =>
  block(index, { type: "text", text: "" }, { type: "text_delta", text: words });
const thought = (index: number, thinking: string, signature: string): object[] =>
  block(
    index,
    { type: "thinking" },
    { type: "thinking_delta", thinking },
    { type: "signature_delta", signature },
  );
const call = (index: number, id: string, ...pieces: readonly string[]): object[] =>
  block(
    index,
    { type: "tool_use", id, name: "look", input: {} },
    ...pieces.map((partial_json) => ({ type: "input_json_delta", partial_json })),
  );
const end = (stop_reason: string | null, usage: object = {}): object[] => [
  { type: "message_delta", delta: { stop_reason }, usage },
  { type: "message_stop" },
];

test.each([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["refusal", "content-filter"],
  ["elephant", "other"],
  ["constructor", "other"],
])("the reason %s is told as %s, with its word", (reason, finishReason) => {
  expect(read(...text(0, "Hi"), ...end(reason)).at(-1)).toMatchObject({
    finishReason,
    rawFinishReason: reason,
  });
});

test.each([
  ["model_context_window_exceeded", "context-length"],
  ["refusal", "content-filter"],
])("the reason %s without content is the failure %s", (reason, code) => {
  expect(() => read(...end(reason))).toThrow(expect.objectContaining({ code }));
});

test("a thought ends with what proves it", () => {
  const parts = read(
    ...thought(0, "Hm", "s1"),
    ...block(1, { type: "redacted_thinking", data: "d2" }),
    ...text(2, "Hi"),
    ...end("end_turn"),
  );

  expect(parts.slice(0, -1)).toEqual([
    { type: "reasoning-delta", delta: "Hm" },
    { type: "reasoning-delta", delta: "", providerData: { anthropic: { signature: "s1" } } },
    { type: "reasoning-delta", delta: "", providerData: { anthropic: { redacted_thinking: "d2" } } },
    { type: "text-delta", delta: "Hi" },
  ]);
  expect(parts.at(-1)).toMatchObject({ providerData: undefined });
});

test("the order of the blocks is noted where it is not the usual one", () => {
  const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} };
  const parts = read(
    ...text(0, "Let me see."),
    ...block(1, search, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
    ...text(2, "So"),
    ...text(3, " it is."),
    ...thought(4, "Hm", "s1"),
    ...call(5, "toolu_1"),
    ...end("tool_use"),
  );

  expect(parts.at(-1)).toMatchObject({
    providerData: {
      anthropic: { layout: [11, { ...search, input: { query: "x" } }, 9, "thought", "call"] },
    },
  });
});

test("calls are put together from their pieces, and given at the end", () => {
  const parts = read(...call(0, "a", "", '{"x":', "1}"), ...call(1, "b"), ...end("tool_use"));

  expect(parts).toMatchObject([
    { type: "tool-call-delta", id: "a", name: "look", delta: '{"x":' },
    { type: "tool-call-delta", id: "a", name: "look", delta: "1}" },
    { type: "tool-call", id: "a", name: "look", arguments: '{"x":1}' },
    { type: "tool-call", id: "b", name: "look", arguments: "{}" },
    { type: "finish", finishReason: "tool-calls" },
  ]);
});

test("a call that a limit cut is not given, and one that was cut for no reason is a failure", () => {
  expect(read(...call(0, "a", '{"x":'), ...end("max_tokens")).at(-1)).toMatchObject({
    finishReason: "length",
  });
  expect(read(...call(0, "a", '{"x":'), ...end("max_tokens"))).not.toContainEqual(
    expect.objectContaining({ type: "tool-call" }),
  );
  expect(() => read(...call(0, "a", '{"x":'), { type: "message_stop" })).toThrow(
    expect.objectContaining({ code: "interrupted" }),
  );
});

test("counts are totals, and those of the cache count as input", () => {
  const usage = { input_tokens: 3, output_tokens: 1, cache_creation_input_tokens: 20 };
  const parts = read(
    { type: "message_start", message: { usage } },
    ...text(0, "Hi"),
    ...end("end_turn", {
      input_tokens: null,
      cache_read_input_tokens: 100,
      output_tokens: 9,
      output_tokens_details: { thinking_tokens: 4 },
    }),
  );

  expect(parts.at(-1)).toMatchObject({
    usage: {
      inputTokens: 123,
      outputTokens: 9,
      totalTokens: 132,
      cachedInputTokens: 100,
      reasoningTokens: 4,
    },
  });
});

test("an answer that counts nothing and has no id tells the id of the request", () => {
  expect(read(...text(0, "Hi"), ...end("end_turn")).at(-1)).toMatchObject({
    usage: undefined,
    response: { id: "req_1" },
  });
});

test("only web addresses become sources", () => {
  const cite = (url: unknown): object => ({ type: "citations_delta", citation: { url, title: "A" } });
  const parts = read(
    ...block(0, { type: "text" }, cite("javascript:alert(1)"), cite(7), cite("https://a.example")),
  );

  expect(parts).toEqual([{ type: "source", url: "https://a.example", title: "A" }]);
});

test.each([
  ["a ping", { type: "ping" }],
  ["an event of a later version", { type: "content_block_hint", index: 0 }],
  ["a delta of a later version", { type: "content_block_delta", index: 0, delta: { type: "hint_delta" } }],
  ["a delta of no block", { type: "content_block_delta", index: 7, delta: { type: "input_json_delta" } }],
  ["the end of no block", { type: "content_block_stop", index: 7 }],
  ["a number", 7 as unknown as object],
])("%s gives nothing", (_, event) => {
  expect(read(event)).toEqual([]);
});

test("events that differ in their text alone are not parsed one by one", () => {
  const reader = openReader();
  const parts: StreamPart[] = [];
  readOne(
    reader,
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    parts,
  );
  const parsing = vi.spyOn(JSON, "parse");

  for (let index = 0; index < 20; index++) {
    const delta = { type: "text_delta", text: `${index} ` };
    readOne(reader, { type: "content_block_delta", index: 0, delta }, parts);
  }
  const whole = parsing.mock.calls.filter(([json]) => json.startsWith("{"));
  parsing.mockRestore();

  expect(parts).toHaveLength(20);
  expect(whole.length).toBeLessThan(5);
});
