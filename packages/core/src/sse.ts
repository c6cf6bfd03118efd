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
  /** The start of a line whose end has not come. */
  let rest = "";
  let afterReturn = false;
  let event = "";
  /** The lines of data so far; `undefined` before the first. */
  let data: string | undefined;

  function push(text: string): ServerSentEvent[] {
    const lines = normalised(text);
    let start = 0;
    for (let end = lines.indexOf("\n"); end !== -1; end = lines.indexOf("\n", start)) {
      readLine(rest + lines.slice(start, end));
      rest = "";
      start = end + 1;
    }
    // appended and not searched again, so that a long line in many pieces takes no more than its length
    rest += start === 0 ? lines : lines.slice(start);
    checkLength(rest.length + (data?.length ?? 0));
    return takeComplete();
  }

  /** Nothing that was given is kept: a parser may live on as garbage, and all that it refers to with it. */
  function takeComplete(): ServerSentEvent[] {
    const events = complete;
    complete = [];
    return events;
  }

  /** With every line end as LF, of which one may be cut in two. */
  function normalised(text: string): string {
    if (text === "") return text;
    const whole = afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    afterReturn = text.endsWith("\r");
    return whole.includes("\r") ? whole.replace(/\r\n?/g, "\n") : whole;
  }

  function readLine(line: string): void {
    if (line === "") dispatch();
    else if (line.startsWith("data: ")) addData(line.slice(6));
    else readField(line);
  }

  function readField(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") addData(value);
    else if (name === "event") event = value;
    // a second mark hides the name of the field, so the event would be dropped in silence
    else if (name.startsWith("\uFEFF")) {
      throw new ChatError("protocol", "the event stream has a byte order mark in front of a field");
    }
  }

  function addData(line: string): void {
    data = data === undefined ? line : `${data}\n${line}`;
    checkLength(data.length);
  }

  function checkLength(length: number): void {
    if (length <= maxLength) return;
    throw new ChatError("limit", `the event stream has a longer event than ${maxLength} characters`);
  }

  function dispatch(): void {
    if (data !== undefined) complete.push({ event: event || "message", data });
    event = "";
    data = undefined;
  }

  return {
    push,
    end() {
      readLine(rest);
      rest = "";
      dispatch();
      const events = takeComplete();
      if (events.every(({ data: said }) => isWhole(said))) return events;
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
