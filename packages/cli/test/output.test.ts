import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createOutput } from "../src/output.ts";
import type { Shell } from "../src/shell.ts";

const ESCAPE = "\u001b";

function createShell({ isTTY, environment = {} }: { isTTY: boolean; environment?: Record<string, string> }) {
  const output = Object.assign(new PassThrough(), { isTTY, hasColors: () => true });
  const notes = Object.assign(new PassThrough(), { isTTY, hasColors: () => true });
  const shell: Shell = {
    directory: "",
    environment,
    input: new PassThrough(),
    output,
    notes,
    signal: new AbortController().signal,
  };
  return { shell, written: () => [String(output.read() ?? ""), String(notes.read() ?? "")] };
}

test("a terminal gets styles", () => {
  const { shell, written } = createShell({ isTTY: true });

  createOutput(shell).line("a ", { text: "b", style: "red" });

  expect(written()).toEqual([`a ${ESCAPE}[31mb${ESCAPE}[39m\n`, ""]);
});

test.each([
  ["a pipe", { isTTY: false }],
  ["a terminal under NO_COLOR", { isTTY: true, environment: { NO_COLOR: "1" } }],
  ["a pipe under FORCE_COLOR", { isTTY: false, environment: { FORCE_COLOR: "1" } }],
])("%s gets plain text", (_, options) => {
  const { shell, written } = createShell(options);

  createOutput(shell).note("a ", { text: "b", style: "red" });

  expect(written()).toEqual(["", "a b\n"]);
});

test("an answer cannot command a terminal", async () => {
  const { shell, written } = createShell({ isTTY: true });

  await createOutput(shell).answer(`a${ESCAPE}]0;title\u0007\tb\r\n\u009bc`);

  expect(written()[0]).toBe("a]0;title\tb\nc");
});

test("an answer reaches a pipe as it came", async () => {
  const { shell, written } = createShell({ isTTY: false });

  await createOutput(shell).answer(`a${ESCAPE}[31m\r\n`);

  expect(written()[0]).toBe(`a${ESCAPE}[31m\r\n`);
});

test("JSON holds control characters escaped", () => {
  const { shell, written } = createShell({ isTTY: true });
  const value = { text: `a${ESCAPE}\u009b\n` };

  createOutput(shell).json(value);

  const [json = ""] = written();
  expect(JSON.parse(json)).toEqual(value);
  expect(json.trimEnd()).not.toMatch(/\p{Cc}/u);
});

test("a slow reader is waited for", async () => {
  const { shell } = createShell({ isTTY: false });
  let done = false;

  const written = createOutput(shell)
    .answer("x".repeat(100_000))
    .then(() => {
      done = true;
    });
  await new Promise(setImmediate);

  expect(done).toBe(false);
  (shell.output as PassThrough).resume();
  await written;
});

test("a table that is wider than the terminal is shown as blocks, and on a pipe as it is", () => {
  const rows = [
    ["你好", "x".repeat(30)],
    ["b", ""],
  ];
  const narrow = createShell({ isTTY: true, environment: { NO_COLOR: "1" } });
  Object.assign(narrow.shell.output, { columns: 20 });
  const piped = createShell({ isTTY: false });
  Object.assign(piped.shell.output, { columns: 20 });

  createOutput(narrow.shell).table(["name", "what"], rows);
  createOutput(piped.shell).table(["name", "what"], rows);

  expect(narrow.written()[0]).toBe(`name: 你好\nwhat: ${"x".repeat(30)}\n\nname: b\n`);
  expect(piped.written()[0]).toContain(`你好  ${"x".repeat(30)}\n`);
});
