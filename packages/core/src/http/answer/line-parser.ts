import { ChatError } from "../../errors/chat-error.ts";
import type { ItemParser } from "./item-groups.ts";

/** A parser for lines that end in LF or CRLF; blank ones are left out. @throws `limit` for a line that is too long */
export function createLineParser(maxLength: number): ItemParser<string> {
  return new LineParser(maxLength);
}

class LineParser implements ItemParser<string> {
  private readonly maxLength: number;
  /** The start of a line whose end has not come. */
  private rest = "";

  constructor(maxLength: number) {
    this.maxLength = maxLength;
  }

  push(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.add(this.rest + text.slice(start, end), lines);
      this.rest = "";
      start = end + 1;
    }
    this.rest += text.slice(start);
    this.checkLength(this.rest);
    return lines;
  }

  end(): string[] {
    const lines: string[] = [];
    this.add(this.rest, lines);
    return lines;
  }

  private add(line: string, lines: string[]): void {
    const whole = line.endsWith("\r") ? line.slice(0, -1) : line;
    this.checkLength(whole);
    // servers send blank lines to keep a connection open
    if (whole.trim() !== "") lines.push(whole);
  }

  private checkLength(line: string): void {
    if (line.length <= this.maxLength) return;
    throw new ChatError("limit", `the answer has a longer line than ${this.maxLength} characters`);
  }
}
