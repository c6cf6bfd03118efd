import type { Client } from "../client.ts";
import { createPost } from "./post.ts";

/** floor-min: lines are split, every event goes through `JSON.parse`, one async generator gives the text. */
export function createFloorMin(baseURL: string): Client {
  const post = createPost(baseURL);
  return {
    async *stream() {
      const decoder = new TextDecoder();
      let rest = "";
      for await (const chunk of await post.send(true)) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          if (!line.startsWith("data: ") || line === "data: [DONE]") continue;
          const text = JSON.parse(line.slice(6)).choices[0]?.delta.content;
          if (text) yield text;
        }
      }
    },
    whole: async () => JSON.parse(await (await post.send(false)).text()).choices[0].message.content,
    close: post.close,
  };
}
