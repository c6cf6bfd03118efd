import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { readPrompt } from "../src/read-prompt.ts";
import type { Shell } from "../src/shell.ts";

function createShell(input: Shell["input"], signal: AbortSignal = new AbortController().signal): Shell {
  return {
    directory: "",
    environment: {},
    input,
    output: new PassThrough(),
    notes: new PassThrough(),
    signal,
  };
}

test.each([
  ["an argument alone", "question", "", "question"],
  ["a pipe alone", undefined, "  code\n\n", "  code"],
  ["both, a blank line between", "explain", "line 1\nline 2\n", "explain\n\nline 1\nline 2"],
  ["nothing but blanks", " ", "\n\n", ""],
])("the prompt of %s", async (_, argument, piped, expected) => {
  expect(await readPrompt(createShell(Readable.from([Buffer.from(piped)])), argument)).toBe(expected);
});

test("a terminal is not read", async () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });

  expect(await readPrompt(createShell(terminal), "question")).toBe("question");
});

test("an interruption ends the reading", async () => {
  const controller = new AbortController();
  const reading = readPrompt(createShell(new PassThrough(), controller.signal), undefined);

  controller.abort();

  await expect(reading).rejects.toThrow("aborted");
});
