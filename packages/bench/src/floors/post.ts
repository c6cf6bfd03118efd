import { Agent, request } from "undici";
import { MODEL, PROMPT } from "../client.ts";

/** The body of a response, in chunks. */
type Body = AsyncIterable<Buffer> & { text(): Promise<string> };

/** Sends the bench's question over connections of its own. */
export interface Post {
  send(stream: boolean): Promise<Body>;
  close(): Promise<void>;
}

/** A floor's request: a POST through undici with nothing around it. */
export function createPost(baseURL: string, path = "/chat/completions"): Post {
  const dispatcher = new Agent();
  const url = `${baseURL}${path}`;
  return {
    async send(stream) {
      const { body, statusCode } = await request(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: PROMPT }], stream }),
        dispatcher,
      });
      if (statusCode === 200) return body as unknown as Body;
      await body.dump();
      throw new Error(`status ${statusCode}`);
    },
    close: () => dispatcher.close(),
  };
}
