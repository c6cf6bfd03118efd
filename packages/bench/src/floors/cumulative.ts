import type { Client } from "../client.ts";
import { createPost } from "./post.ts";

const PATH = "/api/conversation";
const TEXT = '"parts":["';

/** floor-min of a cumulative stream: `JSON.parse` for every event, and what is new of its text. */
export function createCumulativeMin(baseURL: string): Client {
  return createCumulative(baseURL, (data, given) => {
    const text = JSON.parse(data).message?.content.parts[0];
    return typeof text === "string" && text.startsWith(given) ? text.slice(given.length) : "";
  });
}

/** floor-fast of a cumulative stream: an event that repeats the last one up to its text's end is parsed from there. */
export function createCumulativeFast(baseURL: string): Client {
  let known = "\n";
  return createCumulative(baseURL, (data, given) => {
    const isFirst = given === "";
    if (!isFirst && data.startsWith(known)) {
      const end = endOfString(data, known.length);
      const raw = data.slice(known.length, end);
      known = data.slice(0, end);
      return JSON.parse(`"${raw}"`);
    }
    const start = data.indexOf(TEXT);
    if (start === -1) return "";
    const end = endOfString(data, start + TEXT.length);
    known = data.slice(0, end);
    const text: string = JSON.parse(data).message.content.parts[0];
    return text.slice(given.length);
  });
}

function createCumulative(baseURL: string, newText: (data: string, given: string) => string): Client {
  const post = createPost(baseURL, PATH);
  return {
    async *stream() {
      const decoder = new TextDecoder();
      let rest = "";
      let given = "";
      for await (const chunk of await post.send(true)) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
          const text = newText(line.slice(6), given);
          given += text;
          if (text) yield text;
        }
      }
    },
    whole: () => Promise.reject(new Error("a conversation is always a stream")),
    close: post.close,
  };
}

/** Where the quote stands that ends the JSON string which goes on at `from`. */
function endOfString(data: string, from: number): number {
  for (let end = data.indexOf('"', from); ; end = data.indexOf('"', end + 1)) {
    let slashes = 0;
    while (data[end - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}
