import { expect, test } from "vitest";
import { createAnswers, splitAnswer, WAVE } from "../src/answer.ts";

const answerTo = createAnswers("0a1b2c3d");

test("an answer quotes the question, the run and a speaker who is named", () => {
  expect(answerTo("how are you?")).toBe(`You asked "how are you?" ${WAVE} and this is run 0a1b2c3d.`);
  expect(answerTo("hi", "gemini")).toBe(`You asked "hi" ${WAVE} and this is run 0a1b2c3d says gemini.`);
});

test("of a long question only the end is quoted", () => {
  expect(answerTo("one two three four five six seven")).toContain('"… two three four five six seven"');
});

test.each([
  "User: first\nAssistant: yes\nUser: what\nnow?\nAssistant:",
  "System: be brief\nUser: what\nnow?\nAssistant:",
  "System: be brief\nUser: what\nnow?",
])("a conversation in one prompt is answered as its last question: %j", (prompt) => {
  expect(answerTo(prompt)).toBe(answerTo("what\nnow?"));
});

test("a prompt that only mentions a role is a question as it is", () => {
  expect(answerTo("what does User: mean")).toContain('"what does User: mean"');
});

test.each([1, 3, 6])("an answer in %i pieces is whole, and no piece is empty", (count) => {
  const pieces = splitAnswer(answerTo("hi"), count);

  expect(pieces).toHaveLength(count);
  expect(pieces.join("")).toBe(answerTo("hi"));
  expect(pieces.every((piece) => piece.length > 0)).toBe(true);
});
