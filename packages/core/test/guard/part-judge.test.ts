import { expect, test } from "vitest";
import type { FinishPart, StreamPart } from "../../src/contract/contract.ts";
import type { ChatError } from "../../src/errors/chat-error.ts";
import { createIntake, type Intake } from "../../src/guard/part-judge.ts";
import { text } from "../providers.ts";

type ContentPart = Parameters<Intake["take"]>[0];
const STOP: FinishPart = { type: "finish", finishReason: "stop" };

test("blank text, sources and warnings are held until content comes", () => {
  const intake = createIntake(1000, false);
  const held: ContentPart[] = [
    { type: "warning", code: "other", message: "m" },
    { type: "text-delta", delta: " \n" },
    { type: "source", url: "https://toy.example" },
  ];

  expect(held.map((part) => intake.take(part))).toEqual([undefined, undefined, undefined]);
  expect(intake.contents()).toBe(0);
  expect(intake.take({ type: "text-delta", delta: "x" })).toEqual({ type: "text-delta", delta: "x" });
  expect(intake.contents()).toBeGreaterThan(0);
  expect(intake.release()).toEqual(held);
  expect(intake.release()).toEqual([]);
});

test("after the commit every part is handed on, blank ones too", () => {
  const intake = committed();

  expect(intake.take({ type: "text-delta", delta: " " })).toEqual({ type: "text-delta", delta: " " });
  expect(intake.take({ type: "source", url: "u" })).toEqual({ type: "source", url: "u" });
  expect(intake.contents()).toBe(2);
});

test.each<ContentPart>([
  { type: "reasoning-delta", delta: "x" },
  { type: "tool-call-delta", id: "1", name: "f", delta: "{" },
  { type: "tool-call", id: "1", name: "f", arguments: "{}" },
])("$type is content", (part) => {
  const intake = createIntake(1000, false);

  expect(intake.take(part)).toBe(part);
  expect(intake.contents()).toBeGreaterThan(0);
});

test("an empty delta is nothing, and the start of a tool call is held", () => {
  const intake = createIntake(1000, false);

  expect(intake.take({ type: "text-delta", delta: "" })).toBeUndefined();
  expect(intake.take({ type: "tool-call-delta", id: "1", name: "f", delta: "" })).toBeUndefined();
  expect(intake.release()).toHaveLength(1);
});

test("a surrogate pair is never cut between deltas", () => {
  const intake = createIntake(1000, false);

  const deltas = ["a\ud83d", "\ude00b", "\ud83d", "", "\ude01"].map((delta) =>
    intake.take({ type: "text-delta", delta }),
  );

  expect(deltas).toEqual([...text("a", "😀b"), undefined, undefined, ...text("😁")]);
  expect(intake.partial().text).toBe("a😀b😁");
});

test("text and reasoning keep their halves apart", () => {
  const intake = createIntake(1000, false);

  intake.take({ type: "text-delta", delta: "a\ud83d" });
  intake.take({ type: "reasoning-delta", delta: "b" });

  expect(intake.take({ type: "text-delta", delta: "\ude00" })).toEqual({ type: "text-delta", delta: "😀" });
});

test("a half that stays alone becomes a replacement character at the end", () => {
  const intake = committed();

  intake.take({ type: "text-delta", delta: "\ud83d" });
  intake.checkEnd(STOP);

  expect(intake.release()).toEqual(text("\uFFFD"));
});

test("64 parts may be held and not one more", () => {
  const intake = createIntake(1000, false);
  const warning = { type: "warning", code: "other", message: "m" } as const;

  for (let count = 0; count < 64; count++) intake.take(warning);

  expect(codeOf(() => intake.take(warning))).toBe("limit");
});

test("256 KiB may be held and not more", () => {
  const intake = createIntake(1e9, false);

  expect(codeOf(() => intake.take({ type: "text-delta", delta: " ".repeat(256 * 1024 + 1) }))).toBe("limit");
});

test("an answer longer than the limit is a limit, with what came before it", () => {
  const intake = createIntake(10, false);
  intake.take({ type: "text-delta", delta: "12345" });

  expect(codeOf(() => intake.take({ type: "reasoning-delta", delta: "678901" }))).toBe("limit");
  expect(intake.partial().text).toBe("12345");
});

test.each([
  ["a type that is none", { type: "text" }],
  ["a delta that is no text", { type: "text-delta", delta: 1 }],
  ["a delta that is missing", { type: "reasoning-delta" }],
  ["a call without id", { type: "tool-call", name: "f", arguments: "{}" }],
  ["a call without name", { type: "tool-call", id: "1", arguments: "{}" }],
  ["a call with parsed arguments", { type: "tool-call", id: "1", name: "f", arguments: {} }],
  ["a piece of a call without id", { type: "tool-call-delta", name: "f", delta: "{" }],
])("%s breaks the contract", (_, part) => {
  expect(codeOf(() => createIntake(1000, false).take(part as ContentPart))).toBe("contract");
});

test.each<[string, StreamPart[], FinishPart | undefined, string | undefined]>([
  ["nothing at all", [], undefined, "empty"],
  ["blank text and no end marker", text(" "), undefined, "empty"],
  ["an end marker alone", [], STOP, "empty"],
  ["blank text", text(" ", "\n"), STOP, "empty"],
  ["reasoning alone", [{ type: "reasoning-delta", delta: "x" }], STOP, "empty"],
  ["a refusal", [], { type: "finish", finishReason: "content-filter" }, "content-filter"],
  ["text without an end marker", text("x"), undefined, "interrupted"],
  ["text", text("x"), STOP, undefined],
  ["text that was filtered", text("x"), { type: "finish", finishReason: "content-filter" }, undefined],
  ["a tool call alone", [{ type: "tool-call", id: "1", name: "f", arguments: "{}" }], STOP, undefined],
  ["a reason that is none", text("x"), { type: "finish", finishReason: "done" as never }, "contract"],
])("%s ends as it must", (_, parts, finish, code) => {
  const intake = createIntake(1000, false);
  for (const part of parts) intake.take(part as ContentPart);

  expect(codeOf(() => intake.checkEnd(finish))).toBe(code);
});

test("reasoning alone is an answer where it is accepted, and blank reasoning is none", () => {
  const accepting = createIntake(1000, true);
  accepting.take({ type: "reasoning-delta", delta: "x" });
  const blank = createIntake(1000, true);
  blank.take({ type: "reasoning-delta", delta: " " });

  expect(codeOf(() => accepting.checkEnd(STOP))).toBeUndefined();
  expect(codeOf(() => blank.checkEnd(STOP))).toBe("empty");
});

function committed(): Intake {
  const intake = createIntake(1000, false);
  intake.take({ type: "text-delta", delta: "x" });
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
