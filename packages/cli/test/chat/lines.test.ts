import { PassThrough } from "node:stream";
import { expect, test, vi } from "vitest";
import { readLines } from "../../src/chat/lines.ts";
import type { Shell } from "../../src/shell.ts";

function createTerminal(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY, setRawMode: () => {} });
  const output = Object.assign(new PassThrough(), { isTTY, columns: 80, rows: 24 });
  const shell: Shell = {
    directory: "",
    environment: {},
    input,
    output,
    notes: new PassThrough(),
    signal: new AbortController().signal,
  };
  return { input, output, shell };
}

test("a pasted text is one entry with what follows it on its last line", async () => {
  const { input, shell } = createTerminal(true);
  const lines = readLines(shell, () => {});
  const entry = lines.next();

  input.write("\u001b[200~first\r\nsecond\nthird\u001b[201~ and more\r");

  expect(await entry).toBe("first\nsecond\nthird and more");
  lines.close();
});

test("Ctrl-C at the prompt forgets what is typed", async () => {
  const { input, output, shell } = createTerminal(true);
  const lines = readLines(shell, () => lines.clear(() => output.write("told\n")));
  const entry = lines.next();

  input.write("half a question\u0003");
  input.write("another\r");

  expect(await entry).toBe("another");
  expect(String(output.read())).toContain("told\n");
  lines.close();
});

test("the terminal is asked to mark pasted text, and told when it is over", () => {
  const { output, shell } = createTerminal(true);

  readLines(shell, () => {}).close();

  const written = String(output.read());
  expect(written.startsWith("\u001b[?2004h")).toBe(true);
  expect(written.endsWith("\u001b[?2004l")).toBe(true);
});

test("from a pipe each line is an entry, the last one also without a line break, and nothing is written", async () => {
  const { input, output, shell } = createTerminal(false);
  const lines = readLines(shell, vi.fn());

  input.end("one\ntwo");

  expect([await lines.next(), await lines.next(), await lines.next()]).toEqual(["one", "two", undefined]);
  expect(output.read()).toBeNull();
});
