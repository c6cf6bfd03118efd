import type { Client } from "../client.ts";
import { createFloorMin } from "./min.ts";
import { createPost } from "./post.ts";

/** The bytes that stand around the text in an event's line. */
interface Frame {
  readonly before: Buffer;
  readonly after: Buffer;
}

const LINE_FEED = 10;
const TEXT = /"content":"((?:[^"\\]|\\.)*)"/;
const NOWHERE: Frame = { before: Buffer.from("\n"), after: Buffer.from("\n") };

/**
 * floor-fast: one string per event, but only the text is decoded where the frame equals the last one's.
 *
 * It stays with bytes until then: a slice of decoded text would keep the whole chunk in memory, and its reader pays.
 */
export function createFloorFast(baseURL: string): Client {
  const post = createPost(baseURL);
  return {
    async *stream() {
      let rest: Buffer = Buffer.alloc(0);
      let frame = NOWHERE;
      for await (const chunk of await post.send(true)) {
        const received: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
        let start = 0;
        for (let end = received.indexOf(LINE_FEED); end !== -1; end = received.indexOf(LINE_FEED, start)) {
          let text = framedText(received, start, end, frame);
          if (text === undefined) {
            const line = received.toString("utf8", start, end);
            text = parseLine(line);
            if (text) frame = frameOf(line, text);
          }
          start = end + 1;
          if (text) yield text;
        }
        rest = received.subarray(start);
      }
    },
    whole: createFloorMin(baseURL).whole,
    close: post.close,
  };
}

function framedText(
  received: Buffer,
  start: number,
  end: number,
  { before, after }: Frame,
): string | undefined {
  const from = start + before.length;
  const to = end - after.length;
  if (to < from || received.compare(before, 0, before.length, start, from) !== 0) return undefined;
  if (received.compare(after, 0, after.length, to, end) !== 0) return undefined;
  const raw = received.toString("utf8", from, to);
  if (!raw.includes('"') && !raw.includes("\\")) return raw;
  try {
    return JSON.parse(`"${raw}"`);
  } catch {
    // the text ended earlier, and what follows is another field
    return undefined;
  }
}

function parseLine(line: string): string | undefined {
  if (!line.startsWith("data: ") || line === "data: [DONE]") return undefined;
  return JSON.parse(line.slice(6)).choices[0]?.delta.content;
}

function frameOf(line: string, text: string): Frame {
  const match = TEXT.exec(line);
  if (match?.[1] === undefined || JSON.parse(`"${match[1]}"`) !== text) return NOWHERE;
  const from = match.index + match[0].length - match[1].length - 1;
  return { before: Buffer.from(line.slice(0, from)), after: Buffer.from(line.slice(from + match[1].length)) };
}
