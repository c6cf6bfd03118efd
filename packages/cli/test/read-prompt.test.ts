import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import { createOutput } from "../src/output.ts";
import { readPrompt } from "../src/read-prompt.ts";
import type { Shell } from "../src/shell.ts";

function createShell(input: Shell["input"], changes: Partial<Shell> = {}): Shell {
  return {
    directory: "",
    environment: {},
    input,
    output: new PassThrough(),
    notes: new PassThrough(),
    signal: new AbortController().signal,
    ...changes,
  };
}

function read(shell: Shell, argument?: string): Promise<string> {
  return readPrompt(shell, createOutput(shell), argument);
}

test.each([
  ["an argument alone", "question", "", "question"],
  ["a pipe alone", undefined, "  code\n\n", "  code"],
  ["both, a blank line between", "explain", "line 1\nline 2\n", "explain\n\nline 1\nline 2"],
  ["nothing but blanks", " ", "\n\n", ""],
])("the prompt of %s", async (_, argument, piped, expected) => {
  expect(await read(createShell(Readable.from([Buffer.from(piped)])), argument)).toBe(expected);
});

test("a terminal is not read", async () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true });

  expect(await read(createShell(terminal), "question")).toBe("question");
});

test("an interruption ends the reading", async () => {
  const controller = new AbortController();
  const reading = read(createShell(new PassThrough(), { signal: controller.signal }));

  controller.abort();

  await expect(reading).rejects.toThrow("aborted");
});

test.concurrent("an argument does not wait for a program that leaves its socket open, and tells so", async () => {
  const shell = createShell(new PassThrough(), { inputIsSocket: true });

  expect(await read(shell, "question")).toBe("question");
  expect(String((shell.notes as PassThrough).read())).toContain("nothing came on stdin");
});

test.concurrent("an argument waits for a pipe whose text comes late, and tells that it waits", async () => {
  const input = new PassThrough();
  const shell = createShell(input);
  const reading = read(shell, "explain");
  const [note] = await once(shell.notes, "data");

  input.end("code");

  expect(await reading).toBe("explain\n\ncode");
  expect(String(note)).toContain("waiting for the end of stdin; `--no-stdin`");
});

test.concurrent("a pipe that fails is told", async () => {
  const input = new PassThrough();
  const reading = read(createShell(input), "explain");

  input.destroy(new Error("broken"));

  await expect(reading).rejects.toThrow("broken");
});
