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
  let line = "";
  let lineLength = 0;
  /** Pieces of a line that has not ended: joined once, because growing a string piece by piece is quadratic. */
  let pieces: string[] = [];
  let afterReturn = false;
  let event = "";
  let data: string | undefined;
  let started = false;

  function readLine(complete: ServerSentEvent[]): void {
    if (line === "") {
      if (data !== undefined) complete.push({ event: event || "message", data });
      event = "";
      data = undefined;
      return;
    }
    if (line.startsWith("data:")) {
      addData(line.slice(line[5] === " " ? 6 : 5));
    } else if (line.startsWith("event:")) {
      event = line.slice(line[6] === " " ? 7 : 6);
    } else if (line === "data") {
      addData("");
    } else if (line === "event") {
      event = "";
    } else if (!started && line.startsWith("\uFEFF")) {
      // the mark hides the name of the field, so the event would be dropped in silence
      throw new ChatError(
        "protocol",
        "the event stream starts with two byte order marks, expected at most one",
      );
    }
    started = true;
  }

  function addData(value: string): void {
    data = data === undefined ? value : `${data}\n${value}`;
    if (data.length > maxLength) throw tooLarge("event");
  }

  function hold(piece: string): void {
    if (piece === "") return;
    lineLength += piece.length;
    if (lineLength > maxLength) throw tooLarge("line");
    pieces.push(piece);
  }

  function endLine(last: string): void {
    if (pieces.length === 0) {
      if (last.length > maxLength) throw tooLarge("line");
      line = last;
      return;
    }
    hold(last);
    line = pieces.join("");
    pieces = [];
    lineLength = 0;
  }

  function tooLarge(what: string): ChatError {
    return new ChatError("limit", `the event stream has a longer ${what} than ${maxLength} characters`);
  }

  return {
    push(text) {
      const complete: ServerSentEvent[] = [];
      let start = afterReturn && text.startsWith("\n") ? 1 : 0;
      if (text !== "") afterReturn = false;
      // each is looked for only from where it was last found: else a text with one of them alone costs its square
      let carriage = text.indexOf("\r", start);
      let feed = text.indexOf("\n", start);
      while (start < text.length) {
        if (feed === -1 && carriage === -1) break;
        const returns = carriage !== -1 && (feed === -1 || carriage < feed);
        const end = returns ? carriage : feed;
        endLine(text.slice(start, end));
        start = end + 1;
        if (returns) {
          if (start === text.length) afterReturn = true;
          else if (start === feed) start++;
          carriage = text.indexOf("\r", start);
        }
        if (feed !== -1 && feed < start) feed = text.indexOf("\n", start);
        readLine(complete);
      }
      hold(text.slice(start));
      return complete;
    },

    end() {
      const complete: ServerSentEvent[] = [];
      endLine("");
      if (line !== "") readLine(complete);
      if (data === undefined) return complete;
      if (!isWhole(data))
        throw new ChatError("interrupted", "the event stream ended in the middle of an event");
      complete.push({ event: event || "message", data });
      return complete;
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
