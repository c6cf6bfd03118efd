import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createProgress } from "../src/progress.ts";
import type { Shell } from "../src/shell.ts";

const FAILED = {
  provider: "pizzagpt",
  model: "gpt-4o-mini",
  outcome: "failed",
  code: "abuse",
  ms: 1,
} as const;

function createShell(isTTY: boolean): { shell: Shell; written: () => string } {
  const moves = { cursorTo: () => true, moveCursor: () => true, clearLine: () => true };
  const notes = Object.assign(new PassThrough(), { isTTY, ...moves });
  const shell: Shell = {
    directory: "",
    environment: {},
    input: new PassThrough(),
    output: new PassThrough(),
    notes,
    signal: new AbortController().signal,
  };
  return { shell, written: () => String(notes.read() ?? "") };
}

test("a terminal is told who was passed over, until the answer begins", async () => {
  const { shell, written } = createShell(true);

  const progress = await createProgress(shell);
  progress.passOver(FAILED);
  progress.stop();
  const before = written();
  progress.passOver(FAILED);

  expect(before).toContain("pizzagpt failed (abuse), asking the next");
  expect(written()).toBe("");
});

test("a pipe is told nothing", async () => {
  const { shell, written } = createShell(false);

  const progress = await createProgress(shell);
  progress.passOver(FAILED);
  progress.stop();

  expect(written()).toBe("");
});
