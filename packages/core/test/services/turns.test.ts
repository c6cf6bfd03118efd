import { expect, test } from "vitest";
import type { ChatMessage } from "../../src/index.ts";
import { callsById, inOrderOfCalls, itemsOf, type TurnMessage, turnsOf } from "../../src/services/turns.ts";

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

test("items stand one by one, with the extra fields of a message on its last one", () => {
  const messages: ChatMessage[] = [
    { role: "user", content: "ab", extraFields: { mark: 1 } },
    { role: "user", content: "" },
    { role: "assistant", content: "c" },
  ];

  expect(itemsOf(messages, (message) => format(message as TurnMessage))).toEqual([
    { text: "a" },
    { text: "b", mark: 1 },
    { text: "c" },
  ]);
});

test("results stand in the order of their calls, and those of no call behind them", () => {
  const call = (id: string) => ({ id, name: `tool ${id}`, arguments: "{}" });
  const result = (toolCallId: string): ChatMessage => ({ role: "tool", toolCallId, content: "x" });
  const first: ChatMessage = { role: "assistant", toolCalls: [call("a"), call("b")] };
  const second: ChatMessage = { role: "assistant", toolCalls: [call("c"), call("a")] };
  const messages = [first, result("?"), result("b"), result("a"), second, result("a"), result("c")];

  expect(inOrderOfCalls(messages)).toEqual([
    first,
    result("a"),
    result("b"),
    result("?"),
    second,
    result("c"),
    result("a"),
  ]);
  expect([...callsById(messages).values()].map(({ name }) => name)).toEqual(["tool a", "tool b", "tool c"]);
});
