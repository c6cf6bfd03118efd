import { expect, test } from "vitest";
import type { FinishPart, StreamPart } from "../../src/contract/contract.ts";
import type { ChatError } from "../../src/errors/chat-error.ts";
import { createIntake, type Intake } from "../../src/guard/part-judge.ts";
import { text, thrownBy } from "../providers.ts";

type ContentPart = Parameters<Intake["take"]>[0];
const STOP: FinishPart = { type: "finish", finishReason: "stop" };
const SPENT: FinishPart = { type: "finish", finishReason: "length" };

test("blank text, sources and warnings are held until content comes", () => {
  const intake = createIntake(1000, false);
  const held: ContentPart[] = [
    { type: "warning", code: "other", message: "m" },
    { type: "text-delta", delta: " \n" },
    { type: "source", url: "https://toy.example" },
  ];

  expect(take(intake, ...held)).toEqual([]);
  expect(intake.contents()).toBe(0);
  expect(take(intake, ...text("x"))).toEqual([...held, ...text("x")]);
  expect(intake.contents()).toBeGreaterThan(0);
});

test("after the commit every part is handed on, blank ones too", () => {
  const intake = committed();

  expect(take(intake, ...text(" "))).toEqual(text(" "));
  expect(take(intake, { type: "source", url: "u" })).toEqual([{ type: "source", url: "u" }]);
  expect(intake.contents()).toBe(2);
});

test.each<ContentPart>([
  { type: "reasoning-delta", delta: "x" },
  { type: "tool-call-delta", id: "1", name: "f", delta: "{" },
  { type: "tool-call", id: "1", name: "f", arguments: "{}" },
])("$type is content", (part) => {
  const intake = createIntake(1000, false);

  expect(take(intake, part)).toEqual([part]);
  expect(intake.contents()).toBeGreaterThan(0);
});

test("an empty delta is nothing, and the start of a tool call is held", () => {
  const intake = createIntake(1000, false);

  expect(take(intake, ...text(""))).toEqual([]);
  expect(take(intake, { type: "tool-call-delta", id: "1", name: "f", delta: "" })).toEqual([]);
  expect(take(intake, ...text("x"))).toHaveLength(2);
});

test("a surrogate pair is never cut between deltas", () => {
  const intake = createIntake(1000, false);

  const given = take(intake, ...text("a\ud83d", "\ude00b", "\ud83d", "", "\ude01"));

  expect(given).toEqual(text("a", "😀b", "😁"));
  expect(intake.text()).toBe("a😀b😁");
  expect(intake.partial().text).toBe("a😀b😁");
});

test("text and reasoning keep their halves apart", () => {
  const intake = createIntake(1000, false);

  take(intake, ...text("a\ud83d"), { type: "reasoning-delta", delta: "b" });

  expect(take(intake, ...text("\ude00"))).toEqual(text("😀"));
});

test("a half that stays alone becomes a replacement character at the end", () => {
  const intake = committed();

  take(intake, ...text("\ud83d"));
  intake.checkEnd(STOP);
  const given: StreamPart[] = [];
  intake.release(given);

  expect(given).toEqual(text("\uFFFD"));
  expect(intake.text()).toBe("x\uFFFD");
});

test("64 parts may be held and not one more", () => {
  const intake = createIntake(1000, false);
  const warning = { type: "warning", code: "other", message: "m" } as const;

  for (let count = 0; count < 64; count++) take(intake, warning);

  expect(codeOf(() => take(intake, warning))).toBe("limit");
});

test("256 KiB may be held and not more", () => {
  const most = " ".repeat(256 * 1024);
  const warning = { type: "warning", code: "other", message: most } as const;

  expect(take(createIntake(1e9, false), ...text(most))).toEqual([]);
  expect(thrownBy(() => take(createIntake(1e9, false), ...text(`${most} `)))).toMatchObject({
    code: "limit",
    message: "more than 64 parts came before the first content",
  });
  expect(codeOf(() => take(createIntake(1e9, false), warning))).toBe("limit");
});

test("an answer longer than the limit is a limit, with what came before it", () => {
  const intake = createIntake(10, false);
  take(intake, ...text("12345"));

  expect(thrownBy(() => take(intake, { type: "reasoning-delta", delta: "678901" }))).toMatchObject({
    code: "limit",
    message: "the answer is longer than 10 characters",
  });
  expect(intake.partial()).toEqual({ text: "12345", reasoning: "", toolCalls: [] });
});

test("the pieces of a tool call count toward the limit of an answer, which may be reached", () => {
  const intake = createIntake(10, false);
  const piece = (delta: string): ContentPart => ({ type: "tool-call-delta", id: "1", name: "f", delta });

  expect(take(intake, ...text("12345"), piece("67890"))).toHaveLength(2);
  expect(codeOf(() => take(intake, piece("1")))).toBe("limit");
});

test("a part that needs no change is handed on itself", () => {
  const part = text("whole")[0] as StreamPart;

  expect(take(createIntake(1000, false), part)[0]).toBe(part);
});

test("a half of reasoning that stays alone is made whole before that of the text", () => {
  const intake = committed();
  take(intake, { type: "reasoning-delta", delta: "y\ud83d" }, ...text("z\ud83d"));

  intake.checkEnd(STOP);
  const given: StreamPart[] = [];
  intake.release(given);
  intake.checkEnd(STOP);
  intake.release(given);

  expect(given).toEqual([{ type: "reasoning-delta", delta: "\uFFFD" }, ...text("\uFFFD")]);
  expect([intake.reasoning(), intake.text()]).toEqual(["y\uFFFD", "xz\uFFFD"]);
});

test.each<[string, boolean, StreamPart[], FinishPart | undefined, string]>([
  ["has no end marker", false, text("x"), undefined, "the answer ended without its end marker"],
  ["has nothing", false, [], undefined, "the stream ended with nothing in it"],
  ["has an end alone", false, [], STOP, "the answer ended without any text"],
  [
    "has reasoning alone",
    false,
    [{ type: "reasoning-delta", delta: "x" }],
    STOP,
    "the answer ended after reasoning, without any text",
  ],
  [
    "was refused",
    false,
    [],
    { type: "finish", finishReason: "content-filter" },
    "the provider refused to answer",
  ],
  [
    "was refused where reasoning is enough",
    true,
    [],
    { type: "finish", finishReason: "content-filter" },
    "the provider refused to answer",
  ],
])("the failure of an answer that %s says so", (_, reasoningOnly, parts, finish, message) => {
  const intake = createIntake(1000, reasoningOnly);
  take(intake, ...parts);

  expect(thrownBy(() => intake.checkEnd(finish)).message).toBe(message);
});

test("an answer with nothing in it is one where that is allowed, and a refusal is none", () => {
  expect(createIntake(1000, false, true).checkEnd(STOP)).toBe(STOP);
  expect(
    codeOf(() =>
      createIntake(1000, false, true).checkEnd({ type: "finish", finishReason: "content-filter" }),
    ),
  ).toBe("content-filter");
});

test.each([
  ["a type that is no text", { type: 1 }],
  ["a delta that is no text", { type: "text-delta", delta: 1 }],
  ["a delta that is missing", { type: "reasoning-delta" }],
  ["a call without id", { type: "tool-call", name: "f", arguments: "{}" }],
  ["a call without name", { type: "tool-call", id: "1", arguments: "{}" }],
  ["a call with parsed arguments", { type: "tool-call", id: "1", name: "f", arguments: {} }],
  ["a piece of a call without id", { type: "tool-call-delta", name: "f", delta: "{" }],
])("%s breaks the contract", (_, part) => {
  expect(codeOf(() => take(createIntake(1000, false), part as ContentPart))).toBe("contract");
});

test("the failure of a broken part names the field and what it is", () => {
  const intake = createIntake(1000, false);
  const failureWith = (part: object): string => thrownBy(() => take(intake, part as StreamPart)).message;
  const call = { type: "tool-call", id: "1", name: "f", arguments: "{}" };

  expect(failureWith({ type: 1 })).toBe("stream() gave a part whose `type` is number, expected a string");
  expect(failureWith({ type: "text-delta" })).toContain("`delta` is undefined");
  expect(failureWith({ ...call, id: null })).toContain("`id` is object");
  expect(failureWith({ ...call, name: 1 })).toContain("`name` is number");
  expect(failureWith({ ...call, arguments: 1 })).toContain("`arguments` is number");
  expect(failureWith({ type: "tool-call-delta", id: 1 })).toContain("`id` is number");
  expect(failureWith({ type: "tool-call-delta", id: "1" })).toContain("`delta` is undefined");
  expect(thrownBy(() => committed().checkEnd({ type: "finish" } as FinishPart)).message).toContain(
    "`finishReason` is undefined",
  );
});

test.each<[string, StreamPart[], FinishPart | undefined, string | undefined]>([
  ["nothing at all", [], undefined, "empty"],
  ["blank text and no end marker", text(" "), undefined, "empty"],
  ["an end marker alone", [], STOP, "empty"],
  ["blank text", text(" ", "\n"), STOP, "empty"],
  ["reasoning alone", [{ type: "reasoning-delta", delta: "x" }], STOP, "empty"],
  ["nothing, where the limit was reached", [], SPENT, undefined],
  ["blank text, where the limit was reached", text(" "), SPENT, undefined],
  [
    "reasoning alone, where the limit was reached",
    [{ type: "reasoning-delta", delta: "x" }],
    SPENT,
    undefined,
  ],
  [
    "a tool call that the limit cut",
    [{ type: "tool-call-delta", id: "1", name: "f", delta: "" }],
    SPENT,
    undefined,
  ],
  ["a refusal", [], { type: "finish", finishReason: "content-filter" }, "content-filter"],
  ["text without an end marker", text("x"), undefined, "interrupted"],
  ["text", text("x"), STOP, undefined],
  ["text that was filtered", text("x"), { type: "finish", finishReason: "content-filter" }, undefined],
  ["a tool call alone", [{ type: "tool-call", id: "1", name: "f", arguments: "{}" }], STOP, undefined],
  ["no reason", text("x"), { type: "finish", finishReason: undefined as never }, "contract"],
])("%s ends as it must", (_, parts, finish, code) => {
  const intake = createIntake(1000, false);
  take(intake, ...parts);

  expect(codeOf(() => intake.checkEnd(finish))).toBe(code);
});

test("reasoning alone is an answer where it is accepted, and blank reasoning is none", () => {
  const accepting = createIntake(1000, true);
  take(accepting, { type: "reasoning-delta", delta: "x" });
  const blank = createIntake(1000, true);
  take(blank, { type: "reasoning-delta", delta: " " });

  expect(codeOf(() => accepting.checkEnd(STOP))).toBeUndefined();
  expect(codeOf(() => blank.checkEnd(STOP))).toBe("empty");
});

test("a part of a type that only a later minor knows is handed on once there is content", () => {
  const intake = createIntake(1000, false);
  const cyclic: Record<string, unknown> = { type: "file", size: 1n };
  cyclic["self"] = cyclic;
  const part = cyclic as unknown as ContentPart;

  expect(take(intake, part)).toEqual([]);
  expect(take(intake, ...text("x"), part)).toEqual([part, ...text("x"), part]);
});

test("a reason that only a later minor knows becomes another, with its word kept", () => {
  const intake = committed();
  const paused = { type: "finish", finishReason: "pause" as never } as const;

  expect(intake.checkEnd(paused)).toMatchObject({ finishReason: "other", rawFinishReason: "pause" });
  expect(intake.checkEnd({ ...paused, rawFinishReason: "PAUSE" }).rawFinishReason).toBe("PAUSE");
});

test("what a server signs without a word is handed on", () => {
  const intake = committed();
  const signature = {
    type: "reasoning-delta",
    delta: "",
    providerData: { toy: { signature: "s" } },
  } as const;

  expect(take(intake, signature)).toEqual([signature]);
});

/** What is handed on of these parts. */
function take(intake: Intake, ...parts: readonly StreamPart[]): StreamPart[] {
  const given: StreamPart[] = [];
  for (const part of parts) intake.take(part as ContentPart, given);
  return given;
}

function committed(): Intake {
  const intake = createIntake(1000, false);
  take(intake, { type: "text-delta", delta: "x" });
  return intake;
}

function codeOf(task: () => unknown): string | undefined {
  try {
    task();
  } catch (error) {
    return (error as ChatError).code;
  }
  return undefined;
}
