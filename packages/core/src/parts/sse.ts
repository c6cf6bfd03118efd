import { DEFAULT_LIMITS } from "../contract/defaults.ts";
import { ChatError } from "../errors/chat-error.ts";

/** One server-sent event; `event` is "message" where the server names none. */
export interface ServerSentEvent {
  /** The type of the event. @default "message" */
  readonly event: string;
  /** The data lines, joined by line breaks. */
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
  return new StreamParser(maxLength);
}

class StreamParser implements SseParser {
  private readonly maxLength: number;
  private complete: ServerSentEvent[] = [];
  /** The start of a line whose end has not come. */
  private rest = "";
  private afterReturn = false;
  private event = "";
  /** The lines of data so far; `undefined` before the first. */
  private data: string | undefined = undefined;

  constructor(maxLength: number) {
    this.maxLength = maxLength;
  }

  push(text: string): ServerSentEvent[] {
    const lines = this.normalised(text);
    let start = 0;
    for (let end = lines.indexOf("\n"); end !== -1; end = lines.indexOf("\n", start)) {
      this.readLine(this.rest + lines.slice(start, end));
      this.rest = "";
      start = end + 1;
    }
    // appended and not searched again, so that a long line in many pieces takes no more than its length
    this.rest += start === 0 ? lines : lines.slice(start);
    this.checkLength(this.rest.length + (this.data?.length ?? 0));
    return this.takeComplete();
  }

  end(): ServerSentEvent[] {
    this.readLine(this.rest);
    this.rest = "";
    this.dispatch();
    const events = this.takeComplete();
    if (events.every(({ data }) => isWhole(data))) return events;
    throw new ChatError("interrupted", "the event stream ended in the middle of an event");
  }

  /** Nothing that was given is kept: a parser may live on as garbage, and all that it refers to with it. */
  private takeComplete(): ServerSentEvent[] {
    const events = this.complete;
    this.complete = [];
    return events;
  }

  /** With every line end as LF, of which one may be cut in two. */
  private normalised(text: string): string {
    if (text === "") return text;
    const whole = this.afterReturn && text.startsWith("\n") ? text.slice(1) : text;
    this.afterReturn = text.endsWith("\r");
    return whole.includes("\r") ? whole.replace(/\r\n?/g, "\n") : whole;
  }

  private readLine(line: string): void {
    if (line === "") this.dispatch();
    else if (line.startsWith("data: ")) this.addData(line.slice(6));
    else this.readField(line);
  }

  private readField(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "data") this.addData(value);
    else if (name === "event") this.event = value;
    // llama.cpp, in builds to 2025-09, reports its failure in a field of its own
    else if (name === "error" && /^\{.*\}$/.test(value)) this.complete.push({ event: name, data: value });
    // a second mark hides the name of the field, so the event would be dropped in silence
    else if (name.startsWith("\uFEFF")) {
      throw new ChatError("protocol", "the event stream has a byte order mark in front of a field");
    }
  }

  private addData(line: string): void {
    this.data = this.data === undefined ? line : `${this.data}\n${line}`;
    this.checkLength(this.data.length);
  }

  private checkLength(length: number): void {
    if (length <= this.maxLength) return;
    throw new ChatError("limit", `the event stream has a longer event than ${this.maxLength} characters`);
  }

  private dispatch(): void {
    if (this.data !== undefined) this.complete.push({ event: this.event || "message", data: this.data });
    this.event = "";
    this.data = undefined;
  }
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
