import type { Client } from "../client.ts";
import { createFloorMin } from "./min.ts";
import { createPost } from "./post.ts";

/** What stands around the text in an event's line. */
interface Frame {
  readonly before: string;
  readonly after: string;
}

const TEXT = /"content":"((?:[^"\\]|\\.)*)"/;
const NOWHERE: Frame = { before: "\n", after: "\n" };

/** floor-fast: one string per event, but only the text is decoded where the frame equals the last one's. */
export function createFloorFast(baseURL: string): Client {
  const post = createPost(baseURL);
  return {
    async *stream() {
      const decoder = new TextDecoder();
      let rest = "";
      let frame = NOWHERE;
      for await (const chunk of await post.send(true)) {
        const received = rest + decoder.decode(chunk, { stream: true });
        let start = 0;
        for (let end = received.indexOf("\n"); end !== -1; end = received.indexOf("\n", start)) {
          let text = framedText(received, start, end, frame);
          if (text === undefined) {
            const line = received.slice(start, end);
            text = parseLine(line);
            if (text) frame = frameOf(line, text);
          }
          start = end + 1;
          if (text) yield text;
        }
        rest = received.slice(start);
      }
    },
    whole: createFloorMin(baseURL).whole,
    close: post.close,
  };
}

function framedText(
  received: string,
  start: number,
  end: number,
  { before, after }: Frame,
): string | undefined {
  const from = start + before.length;
  const to = end - after.length;
  if (to < from || !received.startsWith(before, start) || !received.startsWith(after, to)) return undefined;
  const raw = received.slice(from, to);
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
  return { before: line.slice(0, from), after: line.slice(from + match[1].length) };
}
