import { once } from "node:events";
import { addAbortSignal } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { decodeText } from "./decode-text.ts";
import type { Output } from "./output.ts";
import type { Shell } from "./shell.ts";

/** How long an argument waits in silence for what may be piped in. */
const PATIENCE_MS = 2_000;

/** The word for stdin in the place of a prompt, as with other commands. */
const STDIN = "-";

/** The prompt of the argument and, after a blank line, of what is piped in; empty when there is neither. */
export async function readPrompt(shell: Shell, output: Output, argument: string = ""): Promise<string> {
  const isNamed = argument === STDIN;
  const hasArgument = !isNamed && argument.trim() !== "";
  const piped = shell.input.isTTY && !isNamed ? "" : await readInput(shell, output, hasArgument);
  return [isNamed ? "" : argument, piped.trimEnd()].filter((part) => part.trim() !== "").join("\n\n");
}

async function readInput(shell: Shell, output: Output, hasArgument: boolean): Promise<string> {
  const { input } = shell;
  const reading = readText(shell, output);
  if (!hasArgument || (await comesSoon(input))) return reading;
  // a program that starts another gives it an open socket, whether it means to write or not
  if (!shell.inputIsSocket) {
    output.note("waiting for the end of stdin; `--no-stdin` asks the argument alone");
    return reading;
  }
  output.note("nothing came on stdin, so the argument is asked alone; `--no-stdin` does not wait for it");
  reading.catch(() => {});
  input.destroy();
  return "";
}

async function readText({ input, signal }: Shell, output: Output): Promise<string> {
  const { text, replaced } = decodeText(await buffer(addAbortSignal(signal, input)));
  if (replaced > 0) {
    const note = `stdin is not UTF-8: ${replaced} characters replace bytes that are no text`;
    output.note({ text: note, style: "yellow" });
  }
  return text;
}

/** Whether a first byte or the end comes before the patience ends. */
async function comesSoon(input: Shell["input"]): Promise<boolean> {
  const settled = new AbortController();
  const { signal } = settled;
  // the reader of an input reports its failure
  const yes = (): boolean => true;
  try {
    return await Promise.race([
      once(input, "readable", { signal }).then(yes, yes),
      delay(PATIENCE_MS, false, { signal }),
    ]);
  } finally {
    settled.abort();
  }
}
