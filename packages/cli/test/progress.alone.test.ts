import { PassThrough } from "node:stream";
import { chat } from "@fallthrough/core";
import { providerCard } from "@fallthrough/core/internal";
import { expect, test, vi } from "vitest";
import { createProgress } from "../src/progress.ts";
import type { Shell } from "../src/shell.ts";

const FAILED = {
  provider: "pizzagpt",
  model: "gpt-4o-mini",
  outcome: "failed",
  code: "abuse",
  ms: 1,
} as const;

function createShell(isTTY: boolean, environment = {}): { shell: Shell; written: () => string } {
  const moves = { cursorTo: () => true, moveCursor: () => true, clearLine: () => true };
  const notes = Object.assign(new PassThrough(), { isTTY, ...moves });
  const shell: Shell = {
    directory: "",
    environment,
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

test.each([
  ["a pipe", false, {}],
  ["a dumb terminal", true, { TERM: "dumb" }],
])("%s is told nothing", async (_, isTTY, environment) => {
  const { shell, written } = createShell(isTTY, environment);

  const progress = await createProgress(shell);
  progress.passOver(FAILED);
  progress.stop();

  expect(written()).toBe("");
});

const DECLARED = { specificationVersion: 1, id: "ollama", name: "Ollama", models: [{ id: "llama3.2" }] };
const MANIFEST = { fallthrough: { ...DECLARED, status: { state: "active", checked: "2026-01-01" } } };

test.each([
  ["terminal", true],
  ["pipe", false],
])("a %s is told whom the call waits for while a model nearby is loaded", async (_, isTTY) => {
  const { shell, written } = createShell(isTTY);
  const progress = await createProgress(shell);
  vi.useFakeTimers();
  const cold = {
    ...providerCard(MANIFEST, { baseURL: "http://127.0.0.1:11434/v1" }),
    async *stream() {
      // of a clock that the test moves
      await new Promise((resolve) => setTimeout(resolve, 45_000));
      yield { type: "text-delta", delta: "warm" } as const;
      yield { type: "finish", finishReason: "stop" } as const;
    },
  };
  const reply = chat(cold, { messages: [{ role: "user", content: "hi" }] });
  const text = reply.text();

  progress.watch(reply);
  await vi.advanceTimersByTimeAsync(41_000);
  const before = written();
  await vi.advanceTimersByTimeAsync(10_000);
  await text;
  written();
  await vi.advanceTimersByTimeAsync(20_000);
  progress.stop();
  vi.useRealTimers();

  expect(before).toContain("ollama is loading llama3.2 ... 40 s");
  expect(written()).not.toContain("is loading");
});
