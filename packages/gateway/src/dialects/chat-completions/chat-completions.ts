import { type Dialect, EVENT_STREAM } from "../dialect.ts";
import { createFrames } from "./frames.ts";
import { readRequest } from "./read-request.ts";
import { formatError } from "./write-error.ts";
import { createAnswer } from "./write-reply.ts";

/** OpenAI's chat completions. */
export const CHAT_COMPLETIONS: Dialect = {
  protocol: "chat-completions",
  streamType: EVENT_STREAM,
  formatError,

  readRequest(body) {
    const { chat, stream, ...form } = readRequest(body);
    return { chat, stream, openAnswer: () => createAnswer(form), openStream: () => createFrames(form) };
  },
};
