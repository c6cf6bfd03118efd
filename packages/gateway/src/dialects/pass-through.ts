import type { ForwardPath } from "@fallthrough/core/internal";
import { parseBoolean, parseObject, parseOptional, parseText } from "../parse-fields.ts";
import { CHAT_COMPLETIONS } from "./chat-completions/chat-completions.ts";
import { createFrames } from "./chat-completions/frames.ts";
import { type Dialect, EVENT_STREAM } from "./dialect.ts";

/** OpenAI's embeddings, passed on unread. */
export const EMBEDDINGS: Dialect = createPassThrough("/embeddings");

/** OpenAI's completions of a raw prompt, passed on unread. */
export const COMPLETIONS: Dialect = createPassThrough("/completions");

function createPassThrough(path: ForwardPath): Dialect {
  const { protocol, formatError } = CHAT_COMPLETIONS;
  return {
    protocol,
    streamType: EVENT_STREAM,
    formatError,

    readRequest(body, _, text) {
      const { model, stream } = parseObject(body, "body");
      return {
        chat: {
          model: parseText(model, "model"),
          messages: [{ role: "user", content: text }],
        },
        forward: path,
        stream: parseOptional(stream, "stream", parseBoolean) ?? false,
        openAnswer() {
          return { take() {}, format: (result) => result.text };
        },
        openStream() {
          const { keepAlive, fail } = createFrames({ includeUsage: false, legacyFunctions: false });
          return {
            begin: () => "",
            write: (part) => (part.type === "text-delta" ? part.delta : ""),
            keepAlive,
            fail,
          };
        },
      };
    },
  };
}
