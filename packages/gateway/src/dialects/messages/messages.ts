import { type Dialect, EVENT_STREAM } from "../dialect.ts";
import { createFrames } from "./frames.ts";
import { readRequest } from "./read-request.ts";
import { errorStatus, formatError } from "./write-error.ts";
import { createAnswer } from "./write-reply.ts";

/** Anthropic's Messages. */
export const MESSAGES: Dialect = {
  protocol: "messages",
  streamType: EVENT_STREAM,
  idHeader: "request-id",
  errorStatus,
  formatError,

  readRequest(body) {
    const { chat, stream, warnings } = readRequest(body);
    return {
      chat,
      stream,
      openAnswer: () => createAnswer(warnings),
      openStream: () => createFrames(warnings),
    };
  },
};
