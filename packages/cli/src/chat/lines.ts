import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { Shell, Terminal } from "../shell.ts";

/** What a person types, entry by entry. */
export interface Lines {
  /** Whether a person types it. */
  readonly isTerminal: boolean;
  /** The next entry, a pasted text with its line breaks among them; `undefined` at the end of the input. */
  next(): Promise<string | undefined>;
  /** Whether something is typed that was not entered yet. */
  hasText(): boolean;
  /** Forgets what is typed so far, lets something be told, and shows the prompt again. */
  clear(tell: () => void): void;
  /** What was entered, the newest first. */
  entries(): readonly string[];
  /** Stops reading. */
  close(): void;
}

const PASTE_ON = "\u001b[?2004h";
const PASTE_OFF = "\u001b[?2004l";
const MOST_ENTRIES = 500;

/** Reads entries from a terminal, or lines from a pipe; what was typed before is on the arrow keys. */
export function readLines(
  { input, output }: Shell,
  onInterrupt: () => void,
  before: readonly string[] = [],
): Lines {
  const terminal = input.isTTY === true && output.isTTY === true;
  const screen = createScreen(output);
  const reader = createInterface({
    input,
    ...(terminal ? { output: screen.stream, history: [...before], historySize: MOST_ENTRIES } : {}),
    removeHistoryDuplicates: true,
    terminal,
    prompt: "> ",
  });
  const entries: string[] = [];
  let typed: readonly string[] = before;
  let pasted: string[] = [];
  let pasting = false;
  let ended = false;
  let waiting: ((entry: string | undefined) => void) | undefined;

  reader.on("SIGINT", onInterrupt);
  reader.on("history", (history: readonly string[]) => {
    typed = [...history];
  });
  reader.on("line", (line) => {
    pasted.push(line);
    // what follows a pasted text on its last line belongs to it
    if (!pasting) submit();
  });
  reader.on("close", () => {
    ended = true;
    if (pasted.length > 0) submit();
    waiting?.(undefined);
    if (terminal) output.write(PASTE_OFF);
  });
  if (terminal) {
    output.write(PASTE_ON);
    input.on("keypress", (_: unknown, key: { readonly name?: string } | undefined) => {
      if (key?.name === "paste-start") pasting = true;
      if (key?.name === "paste-end") pasting = false;
    });
  }

  function submit(): void {
    const entry = pasted.join("\n");
    pasted = [];
    // what is typed from here on, and a window of another size, must not draw over the answer
    screen.isShown = false;
    if (waiting === undefined) entries.push(entry);
    else waiting(entry);
    waiting = undefined;
  }

  function prompt(): void {
    if (!terminal) return;
    screen.isShown = true;
    // with what was typed while the answer came
    reader.prompt(true);
  }

  return {
    isTerminal: terminal,
    next() {
      const entry = entries.shift();
      if (entry !== undefined || ended) return Promise.resolve(entry);
      prompt();
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    hasText: () => terminal && (reader.line !== "" || pasted.length > 0),
    clear(tell) {
      pasted = [];
      if (terminal) {
        reader.write(null, { ctrl: true, name: "e" });
        reader.write(null, { ctrl: true, name: "u" });
        if (screen.isShown) output.write("\n");
      }
      tell();
      if (screen.isShown) prompt();
    },
    entries: () => typed,
    close: () => reader.close(),
  };
}

/** What readline draws on: nothing of it reaches the terminal while an answer comes. */
function createScreen(terminal: Terminal): {
  isShown: boolean;
  readonly stream: Writable;
} {
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      if (screen.isShown) terminal.write(chunk);
      done();
    },
  });
  Object.defineProperty(stream, "columns", { get: () => terminal.columns });
  Object.defineProperty(stream, "isTTY", { value: true });
  // readline draws its line again, and with it clears everything below
  terminal.on("resize", () => screen.isShown && stream.emit("resize"));
  const screen = { isShown: true, stream };
  return screen;
}
