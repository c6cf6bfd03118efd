import type { Client } from "../client.ts";
import { createPost } from "./post.ts";

/** floor-raw: the body is read to its end and nothing is parsed; it gives one empty piece with the first bytes. */
export function createFloorRaw(baseURL: string, path?: string): Client {
  const post = createPost(baseURL, path);
  return {
    async *stream() {
      let isFirst = true;
      for await (const _ of await post.send(true)) {
        if (isFirst) yield "";
        isFirst = false;
      }
    },
    whole: async () => (await post.send(false)).text(),
    close: post.close,
  };
}
