import { ChatError, type StreamPart } from "@fallthrough/core";
import type { ServerSentEvent } from "@fallthrough/core/provider";
import { expect, test, vi } from "vitest";
import { type Answer, endAnswer, openAnswer, readEvent, readWhole } from "../src/answer.ts";

function openTestAnswer(): Answer {
  return openAnswer({
    provider: "openai",
    what: "POST /v1/chat/completions",
    fail: ({ codeInside, words }) => new ChatError(codeInside, words),
  });
}

function readEvents(...values: readonly unknown[]): readonly StreamPart[] {
  const answer = openTestAnswer();
  const parts: StreamPart[] = [];
  for (const value of values) readEvent(answer, eventOf(value), parts);
  endAnswer(answer, parts);
  return parts;
}

function eventOf(value: unknown): ServerSentEvent {
  return { event: "message", data: JSON.stringify(value) };
}

function choice(delta: object | null, finish_reason: string | null = null): object {
  return { choices: [{ index: 0, delta, finish_reason }] };
}

test.each([
  ["no choices", { choices: [] }],
  ["choices that are null", { choices: null }],
  ["a delta that is null", choice(null)],
  ["a role", choice({ role: "assistant", content: "" })],
  ["unknown fields", { ...choice({ content: null, audio: {} }), timings: {} }],
  ["an error that is null", { error: null, choices: [] }],
  ["another answer", { choices: [{ index: 1, delta: { content: "B" }, finish_reason: "length" }] }],
  ["a number", 7],
])("an event with %s gives nothing", (_, value) => {
  const parts = readEvents(value, choice({}, "stop"));

  expect(parts).toMatchObject([{ type: "finish", finishReason: "stop" }]);
});

test("events that OpenAI fills up differ in their text alone", () => {
  const answer = openTestAnswer();
  const parts: StreamPart[] = [];
  const parsing = vi.spyOn(JSON, "parse");

  for (let index = 0; index < 20; index++) {
    const padded = { ...choice({ content: `${index} ` }), usage: null, obfuscation: "x".repeat(index) };
    readEvent(answer, eventOf(padded), parts);
  }
  const whole = parsing.mock.calls.filter(([text]) => text.startsWith("{"));
  parsing.mockRestore();

  expect(parts).toHaveLength(20);
  expect(whole.length).toBeLessThan(5);
});

test("an event without data gives nothing", () => {
  const parts: StreamPart[] = [];

  readEvent(openTestAnswer(), { event: "message", data: "" }, parts);

  expect(parts).toEqual([]);
});

test("reasoning is read under either name, and once where a server sends both", () => {
  const parts = readEvents(
    choice({ reasoning_content: "a" }),
    choice({ reasoning: "b" }),
    choice({ reasoning_content: "c", reasoning: "c" }),
  );

  expect(parts.slice(0, -1)).toEqual(["a", "b", "c"].map((delta) => ({ type: "reasoning-delta", delta })));
});

test.each([
  ["stop", "stop"],
  ["length", "length"],
  ["content_filter", "content-filter"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["constructor", "other"],
  ["elephant", "other"],
])("the reason %s is told as %s", (wire, finishReason) => {
  expect(readEvents(choice({ content: "Hi" }), choice({}, wire)).at(-1)).toMatchObject({ finishReason });
});

test("a reason that is blank is none", () => {
  const answer = openTestAnswer();

  readEvent(answer, eventOf(choice({ content: "Hi" }, "")), []);

  expect(answer.reason).toBeUndefined();
});

test("a forced tool call that ends in stop is told as a tool call", () => {
  const tool_calls = [{ index: 0, id: "a", function: { name: "one", arguments: "{}" } }];

  expect(readEvents(choice({ tool_calls }, "stop")).at(-1)).toMatchObject({ finishReason: "tool-calls" });
});

test.each([
  ["error", "server"],
  ["abort", "server"],
])("the reason %s is a failure", (reason, code) => {
  expect(() => readEvents(choice({}, reason))).toThrow(expect.objectContaining({ code }));
});

test("an event of the name error is a failure in any form", () => {
  const answer = openTestAnswer();

  const data = '{"code":429,"message":"slow down"}';

  expect(() => readEvent(answer, { event: "error", data }, [])).toThrow(
    expect.objectContaining({ code: "rate-limit" }),
  );
});

test.each([
  ["content that is no text", choice({ content: { text: "Hi" } })],
  ["a whole answer without choices", undefined],
])("%s is a protocol error", (_, value) => {
  const read = (): unknown =>
    value === undefined ? readWhole(openTestAnswer(), { id: 1 }, []) : readEvents(value);

  expect(read).toThrow(expect.objectContaining({ code: "protocol" }));
});

test("only web addresses become sources", () => {
  const citation = (url: unknown): object => ({ type: "url_citation", url_citation: { url } });
  const annotations = [citation("javascript:alert(1)"), citation(7), citation("https://a.example"), null];

  expect(readEvents(choice({ annotations })).slice(0, -1)).toEqual([
    { type: "source", url: "https://a.example" },
  ]);
});
