import { MASK, type Redactor } from "./redact.ts";

/** A shared run of this many characters is taken for a quotation of the prompt. */
const QUOTATION = 16;
const SHORTEST_QUOTATION = 8;
/** Each run of a quotation's length holds a whole block of the prompt: blocks are compared, and not characters. */
const BLOCK = 8;
/** Characters of a prompt that are looked at at once. */
const PIECE = 64 * 1024;
/** A server quotes a request that is JSON already. */
const ESCAPES = 2;

/**
 * A redactor for the texts of a conversation: an upstream may quote the prompt back in its error.
 *
 * A prompt may be thousands of times longer than the error, so it is read once, in blocks, and the error is what is
 * indexed.
 */
export function createPromptRedactor(prompts: readonly string[]): Redactor {
  return (text) => {
    const quoted = new Uint8Array(text.length);
    for (const reading of readingsOf(text)) markQuotations(reading, prompts, quoted);
    return quoted.includes(1) ? maskMarked(text, quoted) : text;
  };
}

/** A text as it is or without its escapes, and where each of its characters is in the original. */
interface Reading {
  readonly text: string;
  /** One place more than characters: the last is the end. */
  readonly places: readonly number[];
}

function readingsOf(text: string): Reading[] {
  const readings: Reading[] = [
    { text, places: Array.from({ length: text.length + 1 }, (_, place) => place) },
  ];
  for (
    let last = readings[0];
    last?.text.includes("\\") && readings.length <= ESCAPES;
    last = readings.at(-1)
  ) {
    readings.push(unescaped(last));
  }
  return readings;
}

/** A reading without one level of the escapes of JSON. */
function unescaped({ text, places }: Reading): Reading {
  let plain = "";
  const kept: number[] = [];
  let end = 0;
  for (const { 0: sequence, index } of text.matchAll(/\\(?:["\\/bfnrt]|u[\da-f]{4})/gi)) {
    for (let place = end; place < index; place++) kept.push(places[place] as number);
    plain += text.slice(end, index) + JSON.parse(`"${sequence}"`);
    kept.push(places[index] as number);
    end = index + sequence.length;
  }
  return { text: plain + text.slice(end), places: [...kept, ...places.slice(end)] };
}

function markQuotations({ text, places }: Reading, prompts: readonly string[], quoted: Uint8Array): void {
  const marked = new Uint8Array(text.length);
  let blocks: Blocks | undefined;
  for (const prompt of prompts) {
    if (prompt.length < SHORTEST_QUOTATION) continue;
    if (prompt.length < QUOTATION) markShort(text, prompt, marked);
    else if (text.length >= QUOTATION) {
      blocks ??= new Blocks(text);
      blocks.markIn(prompt, marked);
    }
  }
  for (const [place, mark] of marked.entries()) {
    if (mark === 1) quoted.fill(1, places[place], places[place + 1]);
  }
}

/** A prompt that is shorter than a quotation must be there whole. */
function markShort(text: string, prompt: string, marked: Uint8Array): void {
  for (let start = text.indexOf(prompt); start !== -1; start = text.indexOf(prompt, start + 1)) {
    marked.fill(1, start, start + prompt.length);
  }
}

/** Each block of a text by a number that is made of its bytes. */
class Blocks {
  private readonly text: string;
  private readonly known = new Uint8Array(1 << 16);
  private readonly starts = new Map<number, number[]>();
  private readonly bytes = Buffer.from(new ArrayBuffer(PIECE));
  private readonly words = new Uint32Array(this.bytes.buffer);

  constructor(text: string) {
    this.text = text;
    for (let shift = 0; shift < BLOCK; shift++) {
      this.eachPiece(text.slice(shift), (start, count) => {
        for (let block = 0; block < count; block++)
          this.add(this.numberOf(block), shift + start + block * BLOCK);
      });
    }
  }

  /** Marks what this prompt and the text have in common. */
  markIn(prompt: string, marked: Uint8Array): void {
    const { known } = this;
    this.eachPiece(prompt, (start, count) => {
      for (let block = 0; block < count; block++) {
        const number = this.numberOf(block);
        if (known[number] === 1) this.compare(number, prompt, start + block * BLOCK, marked);
      }
    });
  }

  private add(number: number, start: number): void {
    this.known[number] = 1;
    const starts = this.starts.get(number);
    if (starts === undefined) this.starts.set(number, [start]);
    else starts.push(start);
  }

  private compare(number: number, prompt: string, place: number, marked: Uint8Array): void {
    const { text } = this;
    let open = false;
    for (const start of this.starts.get(number) ?? []) {
      // what is marked from end to end is part of a quotation that was found
      if (marked[start] === 1 && marked[start + BLOCK - 1] === 1) continue;
      open = true;
      let before = 0;
      while (start > before && place > before && text[start - before - 1] === prompt[place - before - 1])
        before++;
      let after = 0;
      while (start + after < text.length && place + after < prompt.length) {
        if (text[start + after] !== prompt[place + after]) break;
        after++;
      }
      if (before + after >= QUOTATION) marked.fill(1, start - before, start + after);
    }
    if (!open) this.known[number] = 0;
  }

  private eachPiece(text: string, visit: (start: number, count: number) => void): void {
    for (let start = 0; start < text.length; start += PIECE) {
      // the low bytes alone: they only say where to compare
      const length = this.bytes.write(text.slice(start, start + PIECE), "latin1");
      visit(start, Math.floor(length / BLOCK));
    }
  }

  private numberOf(block: number): number {
    const first = this.words[block * 2] as number;
    const second = this.words[block * 2 + 1] as number;
    return Math.imul(first ^ Math.imul(second, 0x9e3779b1), 0x85ebca6b) >>> 16;
  }
}

function maskMarked(text: string, marked: Uint8Array): string {
  let masked = "";
  for (let index = 0; index < text.length; index++) {
    if (marked[index] !== 1) masked += text[index];
    else if (index === 0 || marked[index - 1] !== 1) masked += MASK;
  }
  return masked;
}
