import type { Dialect, DialectCall } from "../dialect.ts";
import { createLines } from "./lines.ts";
import { type OllamaRequest, readChat, readGenerate } from "./read-request.ts";
import { formatError } from "./write-error.ts";
import { CHAT_FORM, createAnswer, formatLoaded, GENERATE_FORM, type LineForm } from "./write-reply.ts";

/** Ollama's chats. */
export const OLLAMA_CHAT: Dialect = createDialect(readChat, CHAT_FORM);

/** Ollama's answers to a single prompt. */
export const OLLAMA_GENERATE: Dialect = createDialect(readGenerate, GENERATE_FORM);

function createDialect(read: (body: unknown) => OllamaRequest, form: LineForm): Dialect {
  return {
    protocol: "ollama",
    streamType: "application/x-ndjson",
    formatError,

    readRequest(body): DialectCall {
      const { chat, stream, loads } = read(body);
      return {
        chat,
        stream,
        ...(loads === undefined ? {} : { ready: formatLoaded(form, chat.model, loads) }),
        openAnswer: () => createAnswer(form),
        openStream: () => createLines(form, chat.model),
      };
    },
  };
}
