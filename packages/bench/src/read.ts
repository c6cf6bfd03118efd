import type { Client } from "./client.ts";

/** What a stream gave, and the moment of its first piece. */
export interface Read {
  readonly text: string;
  /** Milliseconds, on the clock of `performance.now`. */
  readonly firstAt: number;
}

/** Reads a stream to its end. */
export async function readStream(client: Client): Promise<Read> {
  let text = "";
  let firstAt = 0;
  for await (const piece of client.stream()) {
    if (firstAt === 0) firstAt = performance.now();
    text += piece;
  }
  return { text, firstAt };
}

/** @throws where a client gave another text than the upstream sent */
export function checkText(name: string, text: string, expected: string): void {
  if (text === expected) return;
  const length = [...text].findIndex((_, place) => text[place] !== expected[place]);
  throw new Error(
    `${name} gave ${text.length} characters, expected ${expected.length}; they differ from character ${length}`,
  );
}
