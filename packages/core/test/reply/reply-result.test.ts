import { expect, test } from "vitest";
import type { StreamPart } from "../../src/contract/contract.ts";
import { parseRequest } from "../../src/contract/parse-request.ts";
import { chat } from "../../src/reply/chat.ts";
import { createScripted, FINISH, text } from "../providers.ts";

const USER = { role: "user", content: "Hello" } as const;
const SIGNED = { toy: { signature: "abc" } };

async function messageOf(...parts: readonly StreamPart[]) {
  const { message } = await chat(createScripted(...parts), { messages: [USER] }).result();
  // what a result holds is a message that a request takes
  expect(parseRequest({ messages: [USER, message, USER] }).messages[1]).toEqual(message);
  return message;
}

test.each<[string, StreamPart[], object]>([
  ["text", text("Hel", "lo"), { role: "assistant", content: "Hello" }],
  [
    "nothing before the limit",
    [{ type: "finish", finishReason: "length" }],
    { role: "assistant", content: "" },
  ],
  [
    "a call without text",
    [{ type: "tool-call", id: "1", name: "look", arguments: "{}", providerData: SIGNED }],
    { role: "assistant", toolCalls: [{ id: "1", name: "look", arguments: "{}", providerData: SIGNED }] },
  ],
  [
    "thoughts that nobody wants back",
    [{ type: "reasoning-delta", delta: "let " }, { type: "reasoning-delta", delta: "me see" }, ...text("x")],
    { role: "assistant", reasoning: [{ text: "let me see" }], content: "x" },
  ],
  [
    "signed thoughts, a hidden one among them, and a last one without a mark",
    [
      { type: "reasoning-delta", delta: "first, " },
      { type: "reasoning-delta", delta: "this" },
      { type: "reasoning-delta", delta: "", providerData: SIGNED },
      { type: "reasoning-delta", delta: "", providerData: { toy: { hidden: true } } },
      { type: "reasoning-delta", delta: "then that", providerData: { toy: { signature: "def" } } },
      { type: "reasoning-delta", delta: "done" },
      ...text("x"),
    ],
    {
      role: "assistant",
      reasoning: [
        { text: "first, this", providerData: SIGNED },
        { text: "", providerData: { toy: { hidden: true } } },
        { text: "then that", providerData: { toy: { signature: "def" } } },
        { text: "done" },
      ],
      content: "x",
    },
  ],
  [
    "a hidden thought alone",
    [{ type: "reasoning-delta", delta: "", providerData: SIGNED }, ...text("x")],
    { role: "assistant", reasoning: [{ text: "", providerData: SIGNED }], content: "x" },
  ],
  [
    "what belongs to the whole answer",
    [...text("x"), { type: "finish", finishReason: "stop", providerData: SIGNED }],
    { role: "assistant", content: "x", providerData: SIGNED },
  ],
])("the message of an answer holds %s", async (_, parts, message) => {
  const ended = parts.at(-1)?.type === "finish" ? parts : [...parts, FINISH];

  expect(await messageOf(...ended)).toEqual(message);
});

test("the message of an answer that was left holds what was read of it", async () => {
  const reply = chat(
    createScripted(
      { type: "reasoning-delta", delta: "so", providerData: SIGNED },
      ...text("one", "two"),
      { type: "reasoning-delta", delta: "unread", providerData: SIGNED },
      FINISH,
    ),
    { messages: [USER] },
  );
  for await (const part of reply) if (part.type === "text-delta") break;

  expect((await reply.result()).message).toEqual({
    role: "assistant",
    reasoning: [{ text: "so", providerData: SIGNED }],
    content: "one",
  });
});

test("a result tells the server's own word and its ids", async () => {
  const finish: StreamPart = {
    type: "finish",
    finishReason: "stop",
    rawFinishReason: "end_turn",
    response: { id: "r-1", headers: { "x-a": "b" } },
  };

  const result = await chat(createScripted(...text("x"), finish), { messages: [USER] }).result();

  expect(result).toMatchObject({ rawFinishReason: "end_turn", response: finish.response });
});
