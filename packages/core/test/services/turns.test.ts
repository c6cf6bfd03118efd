import { expect, test } from "vitest";
import type { ChatMessage } from "../../src/index.ts";
import { type TurnMessage, turnsOf } from "../../src/services/turns.ts";

const format = ({ content }: TurnMessage): { readonly text: string }[] =>
  typeof content === "string" && content !== "" ? [...content].map((text) => ({ text })) : [];

test("neighbours with one role are one turn, and what says nothing is none", () => {
  const messages: ChatMessage[] = [
    { role: "system", content: "s" },
    { role: "user", content: "a" },
    { role: "assistant", content: "" },
    { role: "tool", toolCallId: "x", content: "b" },
    { role: "assistant", content: "c" },
    { role: "user", content: "d" },
  ];

  expect(turnsOf(messages, "model", format)).toEqual([
    { role: "user", blocks: [{ text: "a" }, { text: "b" }] },
    { role: "model", blocks: [{ text: "c" }] },
    { role: "user", blocks: [{ text: "d" }] },
  ]);
});

test("the extra fields of a message stand on its last block", () => {
  const extraFields = { mark: 1 };

  expect(turnsOf([{ role: "user", content: "ab", extraFields }], "model", format)).toEqual([
    { role: "user", blocks: [{ text: "a" }, { text: "b", mark: 1 }] },
  ]);
});
