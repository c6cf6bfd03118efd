import { expect, test } from "vitest";
import { createPromptRedactor } from "../../src/errors/prompt-redactor.ts";

const PROMPT = 'Tell me about "the\nwreck" of the Deutschland';

test("a quotation of the prompt is masked, however much of it there is", () => {
  const redactor = createPromptRedactor([PROMPT]);

  expect(redactor('refused: wreck" of the Deutschland!')).toBe("refused: [redacted]!");
  expect(redactor(`refused: ${PROMPT}!`)).toBe("refused: [redacted]!");
});

test("a prompt is masked inside a JSON string too", () => {
  expect(createPromptRedactor([PROMPT])(`refused ${JSON.stringify(PROMPT)}`)).toBe('refused "[redacted]"');
});

test("a short prompt is masked whole, and a very short one is an ordinary word", () => {
  expect(createPromptRedactor(["hello you"])("no hello you here")).toBe("no [redacted] here");
  expect(createPromptRedactor(["hello"])("hello")).toBe("hello");
});

test.each([8, 9, 15, 16])("a run of %d characters is found wherever it stands", (length) => {
  const run = "0123456789abcdefghij".slice(0, length);
  const redactor = createPromptRedactor([length < 16 ? run : `before ${run} after`]);

  for (let place = 0; place < 40; place++) {
    expect(redactor("-".repeat(place) + run)).toBe(`${"-".repeat(place)}[redacted]`);
  }
});

test("words that the prompt does not hold stay", () => {
  expect(createPromptRedactor([PROMPT])("POST /chat answered 500")).toBe("POST /chat answered 500");
});

test("a quotation is found behind two levels of escapes, and the rest of the message stays", () => {
  const quoted = JSON.stringify(JSON.stringify(PROMPT));

  expect(createPromptRedactor([PROMPT])(`answered 400, saying ${quoted}, and no more`)).not.toContain(
    "wreck",
  );
  expect(createPromptRedactor([PROMPT])(`answered 400, saying ${quoted}, and no more`)).toMatch(
    /^answered 400, saying .*\[redacted\].*, and no more$/,
  );
});

test("a quotation is found in whichever message it stands, at any place of a long one", () => {
  const filler = Array.from({ length: 30_000 }, (_, index) => `line ${index}\n`).join("");
  const secret = "the treasure is under the old oak";

  for (const shift of [0, 1, 3, 7]) {
    const prompts = ["a short one", `${filler}${"-".repeat(shift)}${secret}${filler}`];
    expect(createPromptRedactor(prompts)(`no: ${secret}!`)).toBe("no: [redacted]!");
  }
});

test("letters beyond Latin-1 are told apart", () => {
  const redactor = createPromptRedactor(["секретный текст о кладе под дубом"]);

  expect(redactor("ошибка: текст о кладе под дубом")).toBe("ошибка[redacted]".replace("ошибка", "ошибка:"));
  expect(redactor("совсем другие слова без совпадений")).toBe("совсем другие слова без совпадений");
});

test("a prompt of many megabytes is looked through in a small part of the time that sending it takes", () => {
  const prompt = "lorem ipsum dolor sit amet, ".repeat(600_000);
  const redactor = createPromptRedactor([prompt]);
  JSON.stringify(prompt);

  const started = performance.now();
  const answer = redactor(`POST /v1/chat/completions answered 500, saying ${"no room here. ".repeat(20)}`);
  const took = performance.now() - started;
  const formatting = performance.now();
  JSON.stringify(prompt);

  expect(answer).not.toContain("[redacted]");
  expect(took).toBeLessThan(Math.max(150, 4 * (performance.now() - formatting)));
});

test("a prompt that repeats one letter costs no more than another", () => {
  const redactor = createPromptRedactor(["a".repeat(4_000_000)]);

  const started = performance.now();
  expect(redactor(`x${"a".repeat(400)}x`)).toBe("x[redacted]x");

  expect(performance.now() - started).toBeLessThan(1_000);
});
