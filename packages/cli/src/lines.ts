import { createInterface } from "node:readline";
import type { Shell } from "./shell.ts";

/** What a person types, entry by entry. */
export interface Lines {
  /** The next entry, a pasted text with its line breaks among them; `undefined` at the end of the input. */
  next(): Promise<string | undefined>;
  /** Forgets what is typed so far, lets something be told, and shows the prompt again. */
  clear(tell: () => void): void;
  /** Stops reading. */
  close(): void;
}

const PASTE_ON = "\u001b[?2004h";
const PASTE_OFF = "\u001b[?2004l";

/** Reads entries from a terminal, or lines from a pipe. */
export function readLines({ input, output }: Shell, onInterrupt: () => void): Lines {
  const terminal = input.isTTY === true && output.isTTY === true;
  const reader = createInterface({ input, ...(terminal ? { output } : {}), terminal, prompt: "> " });
  const entries: string[] = [];
  let pasted: string[] = [];
  let pasting = false;
  let ended = false;
  let waiting: ((entry: string | undefined) => void) | undefined;

  reader.on("SIGINT", onInterrupt);
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
    if (waiting === undefined) entries.push(entry);
    else waiting(entry);
    waiting = undefined;
  }

  return {
    next() {
      const entry = entries.shift();
      if (entry !== undefined || ended) return Promise.resolve(entry);
      if (terminal) reader.prompt();
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    clear(tell) {
      pasted = [];
      if (terminal) {
        reader.write(null, { ctrl: true, name: "e" });
        reader.write(null, { ctrl: true, name: "u" });
        output.write("\n");
      }
      tell();
      if (terminal) reader.prompt();
    },
    close: () => reader.close(),
  };
}
