import type { StreamPart } from "@fallthrough/core";
import type { AnswerEvents } from "@fallthrough/core/provider";
import { openAnswer } from "@fallthrough/testkit";
import { expect, test } from "vitest";
import { ResponseReader } from "../../src/responses/answer.ts";

function openReader(): AnswerEvents {
  return openAnswer({ provider: "openai", note: "responses" }, (draft) => new ResponseReader(draft));
}

function read(...events: readonly object[]): StreamPart[] {
  const reader = openReader();
  const parts: StreamPart[] = [];
  for (const event of events) reader.readEvent({ event: "message", data: JSON.stringify(event) }, parts);
  return parts;
}

function added(output_index: number, item: object): object {
  return { type: "response.output_item.added", output_index, item };
}

function done(output_index: number, item: object): object {
  return { type: "response.output_item.done", output_index, item };
}

function text(output_index: number, delta: string): object {
  return { type: "response.output_text.delta", output_index, content_index: 0, delta };
}

function message(output_index: number, said: string, more: object = {}): readonly object[] {
  const item = {
    type: "message",
    role: "assistant",
    content: [{ type: "output_text", text: said }],
    ...more,
  };
  return [added(output_index, { ...item, content: [] }), text(output_index, said), done(output_index, item)];
}

function thought(output_index: number, id: string): object {
  return done(output_index, { type: "reasoning", id, summary: [], encrypted_content: `of ${id}` });
}

function call(output_index: number, id: string, ...pieces: readonly string[]): readonly object[] {
  const item = { type: "function_call", id: `fc_${id}`, call_id: id, name: "look" };
  return [
    added(output_index, { ...item, arguments: "" }),
    ...pieces.map((delta) => ({ type: "response.function_call_arguments.delta", output_index, delta })),
    done(output_index, { ...item, arguments: pieces.join("") }),
  ];
}

function end(status = "completed", response: object = {}): object {
  return { type: `response.${status}`, response: { status, ...response } };
}

test.each([
  ["completed", undefined, "stop", "completed"],
  ["incomplete", "max_output_tokens", "length", "max_output_tokens"],
  ["incomplete", "content_filter", "content-filter", "content_filter"],
  ["incomplete", "elephant", "other", "elephant"],
  ["incomplete", undefined, "other", "incomplete"],
])("a response that is %s for %s is told as %s, with the word %s", (status, reason, finishReason, word) => {
  const details = reason === undefined ? {} : { incomplete_details: { reason } };

  expect(read(...message(0, "Hi"), end(status, details)).at(-1)).toMatchObject({
    finishReason,
    rawFinishReason: word,
  });
});

test.each([
  ["response.failed", end("failed", { error: { code: "server_error", message: "no" } }), "server"],
  ["a long prompt", end("failed", { error: { code: "context_length_exceeded" } }), "context-length"],
  ["a prompt of policy", end("failed", { error: { code: "invalid_prompt" } }), "content-filter"],
  ["an image that is none", end("failed", { error: { code: "invalid_image_format" } }), "bad-request"],
  ["no money", end("failed", { error: { code: "insufficient_quota" } }), "payment"],
  ["a failure without a word", end("failed"), "server"],
  ["a response that somebody cancelled", end("cancelled"), "server"],
  ["an event error", { type: "error", code: "rate_limit_exceeded", message: "no" }, "rate-limit"],
  ["an event error with its fields inside", { type: "error", error: { code: "server_error" } }, "server"],
  ["an error without a type", { error: { message: "no", code: "server_error" } }, "server"],
])("%s is a failure, also behind a text", (_, event, code) => {
  expect(() => read(event)).toThrow(expect.objectContaining({ code }));
  expect(() => read(...message(0, "Hi"), event)).toThrow(expect.objectContaining({ code }));
});

test("an answer that was refused or filtered before its first text is a failure, behind it a reason", () => {
  const refusal = { type: "response.refusal.delta", output_index: 1, delta: "I won't." };
  const filtered = end("incomplete", { incomplete_details: { reason: "content_filter" } });

  expect(() => read(refusal, end())).toThrow(
    expect.objectContaining({ code: "content-filter", message: '"I won\'t."' }),
  );
  expect(() => read(filtered)).toThrow(expect.objectContaining({ code: "content-filter" }));
  expect(read(...message(0, "Well."), refusal, end()).at(-1)).toMatchObject({
    finishReason: "content-filter",
  });
});

test("the paragraphs of a summary are one thought, which keeps what the server wants back", () => {
  const place = { output_index: 0, item_id: "rs_1" };
  const summary = [
    { type: "summary_text", text: "One." },
    { type: "summary_text", text: "Two." },
  ];
  const parts = read(
    added(0, { type: "reasoning", id: "rs_1", summary: [] }),
    ...summary.flatMap((part, summary_index) => [
      { type: "response.reasoning_summary_part.added", ...place, summary_index },
      { type: "response.reasoning_summary_text.delta", ...place, summary_index, delta: part.text },
    ]),
    done(0, { type: "reasoning", id: "rs_1", summary, encrypted_content: "e", status: null }),
  );

  expect(parts).toEqual([
    { type: "reasoning-delta", delta: "One." },
    { type: "reasoning-delta", delta: "\n\n" },
    { type: "reasoning-delta", delta: "Two." },
    {
      type: "reasoning-delta",
      delta: "",
      providerData: { openai: { responses: { id: "rs_1", encrypted_content: "e", summary } } },
    },
  ]);
});

test.each(["response.reasoning_text.delta", "response.reasoning.delta"])(
  "%s is a thought, and the whole of one that is not encrypted is kept",
  (type) => {
    const content = [{ type: "reasoning_text", text: "Hm." }];

    expect(
      read({ type, output_index: 0, delta: "Hm." }, done(0, { type: "reasoning", summary: [], content })),
    ).toEqual([
      { type: "reasoning-delta", delta: "Hm." },
      {
        type: "reasoning-delta",
        delta: "",
        providerData: { openai: { responses: { content, summary: [] } } },
      },
    ]);
  },
);

test("the order of the items is noted where it is not the usual one, and what a text is for", () => {
  const search = { type: "web_search_call", id: "ws_1", status: "completed", action: { query: "x" } };
  const parts = read(
    ...message(0, "Let me see.", { phase: "commentary" }),
    done(1, search),
    thought(2, "rs_1"),
    ...call(3, "a", "{}"),
    end(),
  );

  expect(parts.at(-1)).toMatchObject({
    providerData: {
      openai: { responses: { layout: [[11, { phase: "commentary" }], search, "thought", "call"] } },
    },
  });
  expect(read(thought(0, "rs_1"), ...message(1, "Hi"), end()).at(-1)).toMatchObject({
    providerData: undefined,
  });
});

test("calls are put together from their pieces, and given at the end", () => {
  const parts = read(...call(0, "a", '{"x":', "1}"), ...call(1, "b"), end());

  expect(parts).toMatchObject([
    { type: "tool-call-delta", id: "a", name: "look", delta: '{"x":' },
    { type: "tool-call-delta", id: "a", name: "look", delta: "1}" },
    { type: "tool-call", id: "a", name: "look", arguments: '{"x":1}' },
    { type: "tool-call", id: "b", name: "look", arguments: "{}" },
    { type: "finish", finishReason: "tool-calls" },
  ]);
});

test("a call that a limit cut is not given", () => {
  const cut = call(0, "a", '{"x":').slice(0, -1);
  const limit = end("incomplete", { incomplete_details: { reason: "max_output_tokens" } });

  expect(read(...cut, limit).map(({ type }) => type)).toEqual(["tool-call-delta", "finish"]);
});

test.each([
  ["items that are told as a whole", message(0, "Hi").slice(2)],
  ["items that are told at the end", []],
])("%s give all that they hold, once", (_, events) => {
  const output = [
    { type: "message", content: [{ type: "output_text", text: "Hi" }] },
    { type: "reasoning", summary: [{ type: "summary_text", text: "Hm" }], encrypted_content: "e" },
    { type: "function_call", name: "look", arguments: '{"x":1}' },
  ];
  const parts = read(...events, end("completed", { output }));

  expect(parts).toMatchObject([
    { type: "text-delta", delta: "Hi" },
    { type: "reasoning-delta", delta: "Hm" },
    { type: "reasoning-delta", delta: "", providerData: {} },
    { type: "tool-call-delta", delta: '{"x":1}' },
    { type: "tool-call", id: expect.stringMatching(/^call_/), arguments: '{"x":1}' },
    { type: "finish", finishReason: "tool-calls" },
  ]);
  expect(new Set(parts.flatMap((part) => ("id" in part ? [part.id] : []))).size).toBe(1);
});

test("counts, the model and the ids are told", () => {
  const usage = {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 4 },
    output_tokens: 31,
    output_tokens_details: { reasoning_tokens: 17 },
    total_tokens: 51,
  };

  expect(
    read(
      { type: "response.created", response: { id: "resp_1", model: "m", status: "in_progress" } },
      ...message(0, "Hi"),
      end("completed", { usage }),
    ).at(-1),
  ).toMatchObject({
    usage: { inputTokens: 20, outputTokens: 31, totalTokens: 51, cachedInputTokens: 4, reasoningTokens: 17 },
    model: "m",
    response: { id: "resp_1", headers: { "x-request-id": "req_1" } },
  });
  expect(read(...message(0, "Hi"), end()).at(-1)).toMatchObject({
    usage: undefined,
    response: { id: "req_1" },
  });
});

test("pages that the answer rests on are told once", () => {
  const annotation = { type: "url_citation", url: "https://a.example", title: "A" };
  const annotations = [annotation, { type: "url_citation", url: "javascript:1" }, { type: "file_citation" }];
  const content = [{ type: "output_text", text: "Hi", annotations }];

  expect(
    read(
      { type: "response.output_text.annotation.added", output_index: 0, annotation },
      text(0, "Hi"),
      done(0, { type: "message", content }),
    ),
  ).toEqual([
    { type: "source", url: "https://a.example", title: "A" },
    { type: "text-delta", delta: "Hi" },
  ]);
});

test.each([
  ["a response that waits", { type: "response.queued", response: { status: "queued" } }],
  ["an event of a later version", { type: "response.hint", output_index: 0 }],
  ["the end of an item of no type", done(0, {})],
  ["a number", 7 as unknown as object],
])("%s gives nothing, and ends nothing", (_, event) => {
  expect(read(event)).toEqual([]);
});

test("a marker behind nothing ends nothing", () => {
  expect(openReader().readEvent({ event: "message", data: "[DONE]" }, [])).toBe(false);
});

test.each([
  ["another shape", { answer: "Hi" }, "protocol"],
  ["a response that is not done", { status: "in_progress", output: [] }, "server"],
  ["an error", { error: { code: "rate_limit_exceeded" } }, "rate-limit"],
])("JSON of %s is no answer", (_, value, code) => {
  expect(() => openReader().readWhole(value, [])).toThrow(expect.objectContaining({ code }));
});
