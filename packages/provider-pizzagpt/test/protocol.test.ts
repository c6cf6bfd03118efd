import type { ContentPart } from "@fallthrough/core";
import { ChatError } from "@fallthrough/core";
import { expect, test } from "vitest";
import { formatChat, parseAnswer } from "../src/protocol.ts";

test.each([
  ["in `answer`", { answer: { content: "Ciao" } }],
  ["at the top", { content: "Ciao" }],
  ["at the top beside an empty `answer`", { answer: null, content: "Ciao" }],
  ["at the top beside an `answer` without it", { answer: { content: null }, content: "Ciao" }],
  [
    "with fields that nobody knows",
    JSON.parse('{"content":"Ciao","citations":null,"__proto__":{"content":1},"more":[]}'),
  ],
])("the text is found %s", (_, body) => {
  expect(parseAnswer(body)).toEqual({ text: "Ciao", sources: [] });
});

test.each([
  ["a text", "Ciao"],
  ["null", null],
  ["a list", [{ content: "Ciao" }]],
  ["an object without content", { answer: null }],
  ["a content that is no text", { content: { text: "Ciao" } }],
  ["an error with a success status", { statusCode: 500, statusMessage: "Server Error" }],
])("%s is a protocol error", (_, body) => {
  expect(() => parseAnswer(body)).toThrow(expect.objectContaining({ code: "protocol" }));
});

test.each([
  "Misuse detected. Please get in touch with us.",
  "MISUSE DETECTED. PLEASE GET IN TOUCH",
  "\n misuse detected. Please get in touch at once",
])("the refusal %j is abuse", (content) => {
  expect(() => parseAnswer({ content })).toThrow(expect.objectContaining({ code: "abuse" }));
});

test("an answer that only quotes the refusal is an answer", () => {
  const content = 'The site says "Misuse detected. Please get in touch" to some.';

  expect(parseAnswer({ content }).text).toBe(content);
});

test("an error quotes no more than the start of a strange answer", () => {
  expect(() => parseAnswer({ strange: "x".repeat(500) })).toThrow(
    new ChatError(
      "protocol",
      `POST /api/chatx-completion answered ${JSON.stringify(`{"strange":"${"x".repeat(67)}…`)}, expected \`content\``,
    ),
  );
});

test.each([
  ["addresses", ["https://a.example/", "ftp://b.example/", 7], [{ url: "https://a.example/" }]],
  [
    "objects",
    [{ url: "http://a.example/", title: "A" }, { title: "B" }],
    [{ url: "http://a.example/", title: "A" }],
  ],
  ["objects with an odd title", [{ url: "https://a.example/", title: 7 }], [{ url: "https://a.example/" }]],
  ["a script", [{ url: "javascript:alert(1)" }], []],
  ["no list", { url: "https://a.example/" }, []],
])("citations that are %s become the sources they hold", (_, citations, sources) => {
  expect(parseAnswer({ content: "Ciao", citations }).sources).toEqual(sources);
});

test("citations inside `answer` count", () => {
  const body = { answer: { content: "Ciao", citations: ["https://a.example/"] } };

  expect(parseAnswer(body).sources).toEqual([{ url: "https://a.example/" }]);
});

test("the question is the last that the user asked, also where another message follows", () => {
  const body = formatChat(
    [
      { role: "user", content: "First?" },
      { role: "user", content: "Second?" },
      { role: "assistant", content: "Because" },
      { role: "tool", toolCallId: "1", content: "42" },
      { role: "user", content: " " },
    ],
    {},
  );

  expect(body).toMatchObject({
    question: "Second?",
    chat: [
      { text: "First?", sender: "user" },
      { text: "Second?", sender: "user" },
      { text: "Because", sender: "assistant" },
      { text: "42", sender: "user" },
    ],
  });
});

test("a conversation without a user is asked as one prompt", () => {
  expect(formatChat([{ role: "system", content: "Greet." }], {})).toMatchObject({ question: "Greet." });
});

test("a conversation without text is a bad request", () => {
  expect(() => formatChat([{ role: "user", content: " " }], {})).toThrow(
    expect.objectContaining({ code: "bad-request" }),
  );
});

test("an image that is left out is told", () => {
  const told: string[] = [];
  const content: ContentPart[] = [
    { type: "image", data: new Uint8Array() },
    { type: "text", text: "What is it?" },
  ];

  formatChat([{ role: "user", content }], {}, (message) => told.push(message));

  expect(told).toHaveLength(1);
});
