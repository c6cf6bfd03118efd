import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";
import type { Shell } from "./shell.ts";

/** The prompt of the argument and, after a blank line, of what is piped in; empty when there is neither. */
export async function readPrompt({ input, signal }: Shell, argument: string = ""): Promise<string> {
  const piped = input.isTTY ? "" : await text(addAbortSignal(signal, input));
  return [argument, piped.trimEnd()].filter((part) => part.trim() !== "").join("\n\n");
}
