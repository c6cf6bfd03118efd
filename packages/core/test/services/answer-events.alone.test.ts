import { expect, test, vi } from "vitest";
import { ChatError, type StreamPart } from "../../src/index.ts";
import { type AnswerDraft, AnswerEvents, type AnswerReader, fieldsOf, textOf } from "../../src/provider.ts";

// each event says what the draft is to do: { call: "addText", with: ["Hi"] }

function openAnswer(reader: (draft: AnswerDraft) => Partial<AnswerReader> = () => ({})): AnswerEvents {
  const source = {
    provider: "plain",
    note: "two",
    what: "POST /ask",
    headers: { "x-request-id": "req_1" },
    fail: ({ codeInside, words }: { codeInside: "server"; words: string }) =>
      new ChatError(codeInside, words),
  };
  return new AnswerEvents(source as never, (draft) => ({
    readEvent(fields) {
      const { call, with: given = [] } = fields;
      (draft as unknown as Record<string, (...values: unknown[]) => void>)[textOf(call)]?.(...(given as []));
      return call === "finish";
    },
    readWhole() {},
    ...reader(draft),
  }));
}

function read(...events: readonly (readonly [call: string, ...given: unknown[]])[]): StreamPart[] {
  const answer = openAnswer();
  const parts: StreamPart[] = [];
  for (const [call, ...given] of events) {
    answer.readEvent({ event: "message", data: JSON.stringify({ call, with: given }) }, parts);
  }
  return parts;
}

const CALL = { id: "a", name: "look", arguments: '{"x":1}' };
const CUT = { ...CALL, arguments: '{"x":' };
const finish = (end: object = { reason: "done", known: "stop" }): readonly [string, object] => [
  "finish",
  end,
];

test("texts and thoughts that say nothing are no parts", () => {
  expect(read(["addText", ""], ["addThought", ""], ["addArguments", "a", "look", ""])).toEqual([]);
});

test("an answer in the usual order notes nothing", () => {
  const parts = read(
    ["endThought", { s: 1 }],
    ["addText", "a"],
    ["addText", "b"],
    ["addCall", CALL],
    finish(),
  );

  expect(parts).toEqual([
    { type: "reasoning-delta", delta: "", providerData: { plain: { two: { s: 1 } } } },
    { type: "text-delta", delta: "a" },
    { type: "text-delta", delta: "b" },
    { type: "tool-call", ...CALL },
    {
      type: "finish",
      finishReason: "tool-calls",
      rawFinishReason: "done",
      usage: undefined,
      model: undefined,
      response: { id: "req_1", headers: { "x-request-id": "req_1" } },
      providerData: undefined,
    },
  ]);
});

test("another order is noted, with the fields of a text and the pieces that nobody knows", () => {
  const parts = read(
    ["addText", "ab"],
    ["addPiece", { type: "search" }],
    ["addText", "c"],
    ["addText", "d"],
    ["endText", { phase: "x" }],
    ["addText", "e"],
    ["endText"],
    ["endText", { phase: "blank" }],
    ["endThought", {}],
    ["addWholeCall", CALL, { id: "its" }],
    finish(),
  );

  expect(parts.at(-1)).toMatchObject({
    providerData: {
      plain: {
        two: {
          layout: [2, { type: "search" }, [2, { phase: "x" }], 1, [0, { phase: "blank" }], "thought", "call"],
        },
      },
    },
  });
  expect(parts).toContainEqual({
    type: "tool-call",
    ...CALL,
    providerData: { plain: { two: { id: "its" } } },
  });
});

test.each([
  ["at a limit", { reason: "max", known: "length" }, ["finish"]],
  ["for a reason that is told", { reason: "done", known: "stop" }, ["warning", "tool-call", "finish"]],
])("a cut call of an answer that ended %s gives %j", (_, end, types) => {
  expect(read(["addCall", CUT], finish(end)).map(({ type }) => type)).toEqual(types);
});

test("a cut call of an answer that ended for no reason is a failure", () => {
  expect(() => read(["addCall", CUT], finish({ reason: "" }))).toThrow(
    expect.objectContaining({ code: "interrupted" }),
  );
});

test.each([
  ["a reason that nobody knows", [finish({ reason: "elephant" })], "other"],
  ["one beside calls", [["addCall", CALL], finish({ reason: "elephant" })], "tool-calls"],
  [
    "a filter beside calls",
    [["addCall", CALL], finish({ reason: "x", known: "content-filter" })],
    "content-filter",
  ],
] as const)("%s is told as it is", (_, events, finishReason) => {
  expect(read(...events).at(-1)).toMatchObject({ finishReason });
});

test("an answer without text and calls may be a failure, and one with any is none", () => {
  expect(() => read(["addThought", "Hm"], ["failIfBlank", "no"])).toThrow(
    expect.objectContaining({ code: "content-filter", message: expect.stringContaining("no") }),
  );
  expect(() => read(["failIfBlank", "no", "context_length_exceeded"])).toThrow(
    expect.objectContaining({ code: "context-length" }),
  );
  expect(read(["addText", "Hi"], ["failIfBlank", "no"])).toHaveLength(1);
  expect(read(["addCall", CALL], ["failIfBlank", "no"])).toEqual([]);
});

test.each([
  ["without data", { event: "ping", data: "" }],
  ["that marks the end for servers of OpenAI's kind", { event: "message", data: "[DONE]" }],
])("an event %s is none", (_, event) => {
  const readEvent = vi.fn(() => true);

  expect(openAnswer(() => ({ readEvent })).readEvent(event, [])).toBe(false);
  expect(readEvent).not.toHaveBeenCalled();
});

test("a list is read item by item, and a failure in it ends the answer", () => {
  const parts: StreamPart[] = [];
  const data = JSON.stringify([{ call: "addText", with: ["Hi"] }, { error: { code: 429, message: "no" } }]);

  expect(() => openAnswer().readEvent({ event: "message", data }, parts)).toThrow(
    expect.objectContaining({ code: "rate-limit" }),
  );
  expect(parts).toEqual([{ type: "text-delta", delta: "Hi" }]);
});

test("events whose text alone differs are not given to a reader that tells their text", () => {
  const readEvent = vi.fn(() => false);
  const answer = openAnswer(() => ({
    readEvent,
    textOf: ({ delta }) =>
      typeof fieldsOf(delta)["text"] === "string" ? textOf(fieldsOf(delta)["text"]) : undefined,
  }));
  const parts: StreamPart[] = [];
  const parsing = vi.spyOn(JSON, "parse");
  for (let index = 0; index < 20; index++) {
    answer.readEvent({ event: "message", data: `{"delta":{"text":"${index} "}}` }, parts);
  }
  const whole = parsing.mock.calls.filter(([json]) => json.startsWith("{"));
  parsing.mockRestore();
  answer.readEvent({ event: "message", data: '{"other":1}' }, parts);

  expect(parts.map((part) => part.type === "text-delta" && part.delta).join("")).toMatch(/^0 1 2 .* 19 $/);
  expect(whole.length).toBeLessThan(5);
  expect(readEvent).toHaveBeenCalledExactlyOnceWith({ other: 1 }, "message");
});
