import type { StreamPart } from "@fallthrough/core";
import type { AnswerEvents } from "@fallthrough/core/provider";
import { openAnswer } from "@fallthrough/testkit";
import { expect, test } from "vitest";
import { ContentReader } from "../src/answer.ts";

function openReader(): AnswerEvents {
  return openAnswer({ provider: "gemini" }, (draft) => new ContentReader(draft));
}

function read(...events: readonly unknown[]): StreamPart[] {
  const reader = openReader();
  const parts: StreamPart[] = [];
  for (const event of events) reader.readEvent({ event: "message", data: JSON.stringify(event) }, parts);
  reader.endStream(parts);
  return parts;
}

function candidate(parts: readonly object[], finishReason?: string, more: object = {}): object {
  return { candidates: [{ index: 0, content: { role: "model", parts }, finishReason, ...more }] };
}

test.each([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["CONTINUATION", "length"],
  ["SAFETY", "content-filter"],
  ["MODEL_ARMOR", "content-filter"],
  ["IMAGE_SAFETY", "content-filter"],
  ["LANGUAGE", "other"],
  ["ELEPHANT", "other"],
  ["constructor", "other"],
])("the reason %s is told as %s, with its word", (reason, finishReason) => {
  expect(read(candidate([{ text: "Hi" }], reason)).at(-1)).toMatchObject({
    finishReason,
    rawFinishReason: reason,
  });
});

test.each([
  ["MALFORMED_FUNCTION_CALL", "server"],
  ["UNEXPECTED_TOOL_CALL", "server"],
  ["MALFORMED_RESPONSE", "server"],
  ["MISSING_THOUGHT_SIGNATURE", "protocol"],
])("the reason %s is the failure %s, also behind a text", (reason, code) => {
  expect(() => read(candidate([{ text: "Hi" }]), candidate([], reason, { finishMessage: "no" }))).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining('"no"') }),
  );
});

test.each([
  ["a prompt that was blocked", { promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }],
  ["an answer that was filtered before its first text", candidate([], "SAFETY", { finishMessage: "no" })],
])("%s is a failure with the words of the server", (_, event) => {
  expect(() => read(event)).toThrow(
    expect.objectContaining({
      code: "content-filter",
      message: expect.stringMatching(/blockReason PROHIBITED_CONTENT|finishReason SAFETY: no/),
    }),
  );
});

test("thoughts, texts and calls keep their signatures", () => {
  const parts = read(
    candidate([{ text: "Hm", thought: true }]),
    candidate([{ text: "", thought: true, thoughtSignature: "s1" }]),
    candidate([
      { text: "So" },
      { text: " be it", thoughtSignature: "s2" },
      { text: "", thoughtSignature: "s3" },
    ]),
    candidate([
      { functionCall: { id: "fc-1", name: "look", args: { x: 1 } }, thoughtSignature: "s4" },
      { functionCall: { name: "hear" } },
    ]),
    candidate([], "STOP"),
  );

  expect(parts).toMatchObject([
    { type: "reasoning-delta", delta: "Hm" },
    { type: "reasoning-delta", delta: "", providerData: { gemini: { thoughtSignature: "s1" } } },
    { type: "text-delta", delta: "So" },
    { type: "text-delta", delta: " be it" },
    {
      type: "tool-call",
      id: "fc-1",
      name: "look",
      arguments: '{"x":1}',
      providerData: { gemini: { id: "fc-1", thoughtSignature: "s4" } },
    },
    { type: "tool-call", id: expect.stringMatching(/^call_/), name: "hear", arguments: "{}" },
    {
      type: "finish",
      finishReason: "tool-calls",
      providerData: {
        gemini: {
          layout: [
            "thought",
            2,
            [6, { thoughtSignature: "s2" }],
            [0, { thoughtSignature: "s3" }],
            "call",
            "call",
          ],
        },
      },
    },
  ]);
  expect(parts[5]).not.toHaveProperty("providerData");
});

test("calls with one id are two calls", () => {
  const call = { functionCall: { id: "a", name: "look" } };
  const ids = read(candidate([call, call], "STOP")).flatMap((part) =>
    part.type === "tool-call" ? [part.id] : [],
  );

  expect(new Set(ids).size).toBe(2);
});

test("the last counts are told: thoughts are part of the answer, and what was cached is part of the prompt", () => {
  const usageMetadata = {
    promptTokenCount: 100,
    toolUsePromptTokenCount: 5,
    cachedContentTokenCount: 60,
    candidatesTokenCount: 7,
    thoughtsTokenCount: 3,
    totalTokenCount: 115,
  };
  const parts = read(
    {
      ...candidate([{ text: "Hi" }]),
      usageMetadata: { promptTokenCount: 1 },
      modelVersion: "m-1",
      responseId: "r-1",
    },
    { ...candidate([], "STOP"), usageMetadata },
  );

  expect(parts.at(-1)).toMatchObject({
    usage: {
      inputTokens: 105,
      outputTokens: 10,
      totalTokens: 115,
      cachedInputTokens: 60,
      reasoningTokens: 3,
    },
    model: "m-1",
    response: { id: "r-1" },
  });
});

test("pages that the answer rests on are told once", () => {
  const web = { uri: "https://a.example", title: "A" };
  const grounding = {
    groundingMetadata: { groundingChunks: [{ web }, { web }, { web: { uri: "javascript:1" } }] },
  };
  const citations = { citationMetadata: { citations: [{ uri: "https://b.example" }, null] } };

  expect(read(candidate([], undefined, grounding), candidate([], undefined, citations))).toEqual([
    { type: "source", url: "https://a.example", title: "A" },
    { type: "source", url: "https://b.example", title: undefined },
  ]);
});

test.each([
  [
    "a second answer",
    { candidates: [{ index: 1, content: { parts: [{ text: "B" }] }, finishReason: "STOP" }] },
  ],
  ["no candidates", { candidates: null, usageMetadata: { promptTokenCount: 1 } }],
  ["a reason that is none", candidate([], "FINISH_REASON_UNSPECIFIED")],
  ["a part of a later version", candidate([{ hint: {} }])],
  ["a number", 7],
])("%s gives nothing, and ends nothing", (_, event) => {
  expect(read(event)).toEqual([]);
});

test.each([
  ["an object", candidate([{ text: "Hi" }], "STOP"), ["text-delta", "finish"]],
  [
    "a list",
    [candidate([{ text: "H" }]), candidate([{ text: "i" }], "STOP")],
    ["text-delta", "text-delta", "finish"],
  ],
])("an answer that came as %s is read as one", (_, value, types) => {
  const parts: StreamPart[] = [];

  openReader().readWhole(value, parts);

  expect(parts.map(({ type }) => type)).toEqual(types);
});

test("JSON that tells no end is no answer", () => {
  expect(() => openReader().readWhole({ answer: "Hi" }, [])).toThrow(
    expect.objectContaining({ code: "protocol" }),
  );
});
