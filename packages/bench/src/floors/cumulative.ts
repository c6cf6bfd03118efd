import type { Client } from "../client.ts";
import { createPost, type Post } from "./post.ts";

const PATH = "/api/conversation";
const DATA = Buffer.from("data: ");
const TEXT = Buffer.from('"parts":["');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LINE_FEED = 10;

/** floor-min of a cumulative stream: `JSON.parse` for every event, and what is new of its text. */
export function createCumulativeMin(baseURL: string): Client {
  const post = createPost(baseURL, PATH);
  return conversation(post, async function* () {
    const decoder = new TextDecoder();
    let rest = "";
    let given = "";
    for await (const chunk of await post.send(true)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
        const text = JSON.parse(line.slice(6)).message?.content.parts[0];
        // as slices, which V8 compares as memory: a floor must not pay for the slow way
        if (typeof text !== "string" || text.slice(0, given.length) !== given) continue;
        const added = text.slice(given.length);
        given = text;
        if (added) yield added;
      }
    }
  });
}

/** floor-fast of a cumulative stream: what a line repeats of the last one is compared as bytes and never decoded. */
export function createCumulativeFast(baseURL: string): Client {
  const post = createPost(baseURL, PATH);
  return conversation(post, async function* () {
    let pieces: Buffer[] = [];
    let known: Buffer = Buffer.from("\n");
    for await (const chunk of await post.send(true)) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        const last = chunk.subarray(start, end);
        const line = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
        pieces = [];
        start = end + 1;
        const from = startsWith(line, known) ? known.length : textStart(line);
        if (from === -1) continue;
        const textEnd = endOfString(line, from);
        known = line.subarray(0, textEnd);
        if (textEnd > from) yield JSON.parse(`"${line.toString("utf8", from, textEnd)}"`);
      }
      if (start < chunk.length) pieces.push(chunk.subarray(start));
    }
  });
}

function conversation(post: Post, stream: () => AsyncIterable<string>): Client {
  return {
    stream,
    whole: () => Promise.reject(new Error("a conversation is always a stream")),
    close: post.close,
  };
}

function startsWith(line: Buffer, known: Buffer): boolean {
  return line.length > known.length && line.compare(known, 0, known.length, 0, known.length) === 0;
}

/** Where the text of an event's line starts; -1 for a line without text. */
function textStart(line: Buffer): number {
  if (!startsWith(line, DATA)) return -1;
  const start = line.indexOf(TEXT);
  return start === -1 ? -1 : start + TEXT.length;
}

/** Where the quote stands that ends the JSON string which goes on at `from`. */
function endOfString(line: Buffer, from: number): number {
  for (let end = line.indexOf(QUOTE, from); ; end = line.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (line[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}
