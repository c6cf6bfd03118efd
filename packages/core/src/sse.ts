import { createParser } from "eventsource-parser";
import { DEFAULT_LIMITS } from "./defaults.ts";
import { ChatError } from "./errors.ts";

/** One server-sent event; `event` is "message" where the server names none. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Turns decoded text, cut anywhere, into server-sent events. */
export interface SseParser {
  /** The events that this text completes; @throws `limit` for an event that is too large, `protocol` after a second byte order mark. */
  push(text: string): ServerSentEvent[];
  /** The event that the end of the body leaves without its blank line; @throws `interrupted` when it was cut. */
  end(): ServerSentEvent[];
}

/**
 * A parser for one event stream, after https://html.spec.whatwg.org/multipage/server-sent-events.html.
 *
 * The caller's decoder has removed the byte order mark. Work is linear in the text, however it is cut.
 */
export function createSseParser(maxLength: number = DEFAULT_LIMITS.eventBytes): SseParser {
  let complete: ServerSentEvent[] = [];
  const tooLarge = (): ChatError =>
    new ChatError("limit", `the event stream has a longer event than ${maxLength} characters`);

  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent({ event = "message", data }) {
      if (data.length > maxLength) throw tooLarge();
      complete.push({ event, data });
    },
    onError({ type, field }) {
      if (type === "max-buffer-size-exceeded") throw tooLarge();
      // a second mark hides the name of the field, so the event would be dropped in silence
      if (field?.startsWith("\uFEFF")) {
        throw new ChatError("protocol", "the event stream has a byte order mark in front of a field");
      }
    },
  });

  let afterReturn = false;

  function push(text: string): ServerSentEvent[] {
    complete = [];
    parser.feed(normalised(text));
    return complete;
  }

  // the parser waits for what follows a carriage return, and searches every line that ends in one twice over
  function normalised(text: string): string {
    if (text === "") return text;
    const rest = afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    afterReturn = rest.endsWith("\r");
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest;
  }

  return {
    push,
    end() {
      complete = [];
      parser.feed("\n\n");
      if (complete.every(({ data }) => isWhole(data))) return complete;
      throw new ChatError("interrupted", "the event stream ended in the middle of an event");
    },
  };
}

/** Without its blank line an event may be cut; an end marker or a JSON value is seen to be whole. */
function isWhole(data: string): boolean {
  if (data === "[DONE]") return true;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
