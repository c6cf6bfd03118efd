import { Agent, request } from "undici";
import { MODEL, PROMPT } from "../client.ts";

/** The body of a response, in chunks. */
type Body = AsyncIterable<Buffer> & { text(): Promise<string> };

/** Sends the bench's question over connections of its own. */
export interface Post {
  send(stream: boolean): Promise<Body>;
  close(): Promise<void>;
}

/** What is asked, as a protocol has it. */
export type CreateBody = (stream: boolean) => object;

const MESSAGES = [{ role: "user", content: PROMPT }];

/** A floor's request: a POST through undici with nothing around it. */
export function createPost(
  baseURL: string,
  path = "/chat/completions",
  createBody: CreateBody = (stream) => ({ model: MODEL, messages: MESSAGES, stream }),
): Post {
  const dispatcher = new Agent();
  const url = `${baseURL}${path}`;
  return {
    async send(stream) {
      const { body, statusCode } = await request(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(createBody(stream)),
        dispatcher,
      });
      if (statusCode === 200) return body as unknown as Body;
      await body.dump();
      throw new Error(`status ${statusCode}`);
    },
    close: () => dispatcher.close(),
  };
}
