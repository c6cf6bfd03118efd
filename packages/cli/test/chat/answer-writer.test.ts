import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { createAnswerWriter } from "../../src/chat/answer-writer.ts";
import { createOutput } from "../../src/output.ts";
import type { Shell } from "../../src/shell.ts";

const ANSWER =
  "# Title\n\nplain words first, then **bold** ones\nand more\n\n- one\n- two `code`\n\n```\nraw **x**\n```\nend";

async function print(pieces: readonly string[], isTTY: boolean, environment = {}): Promise<string> {
  const output = Object.assign(new PassThrough(), { isTTY, hasColors: () => true });
  const shell: Shell = {
    directory: "",
    environment,
    input: new PassThrough(),
    output,
    notes: new PassThrough(),
    signal: new AbortController().signal,
  };
  const writer = createAnswerWriter(shell, createOutput(shell));
  for (const piece of pieces) await writer.write(piece);
  await writer.end();
  return String(output.read() ?? "");
}

test("on a terminal Markdown is drawn, in the same way however the answer is cut", async () => {
  const whole = await print([ANSWER], true);
  const letters = await print([...ANSWER], true);

  expect(stripVTControlCharacters(whole)).toBe(
    "Title\n\nplain words first, then bold ones\nand more\n\n- one\n- two code\n\n  raw **x**\nend\n",
  );
  expect(whole).toContain("\u001b[1mbold");
  expect(stripVTControlCharacters(letters)).toBe(stripVTControlCharacters(whole));
});

test("a paragraph without a mark is printed word by word", async () => {
  const output = Object.assign(new PassThrough(), { isTTY: true, hasColors: () => true });
  const shell = {
    output,
    notes: output,
    environment: {},
    input: output,
    directory: "",
    signal: new AbortController().signal,
  };
  const writer = createAnswerWriter(shell, createOutput(shell));

  await writer.write("two wor");

  expect(String(output.read())).toBe("two ");
  await writer.end();
  expect(String(output.read())).toBe("wor\n");
});

test.each([
  ["a pipe", false, {}],
  ["a terminal without colours", true, { NO_COLOR: "1" }],
  ["a dumb terminal", true, { TERM: "dumb" }],
])("on %s the text is as it came", async (_, isTTY, environment) => {
  expect(await print([ANSWER.slice(0, 20), ANSWER.slice(20)], isTTY, environment)).toBe(`${ANSWER}\n`);
});

test.each([true, false])(
  "no control code of an answer reaches the reader, on a terminal: %s",
  async (isTTY) => {
    const printed = await print(["a\u001b]0;title\u0007 b\u001b[2J", " c\u009b31m\r d"], isTTY, {
      NO_COLOR: "1",
    });

    expect(printed.replace(/\n/g, "")).not.toMatch(/\p{Cc}/u);
    expect(printed).toContain("a");
  },
);
