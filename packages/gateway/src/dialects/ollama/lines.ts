import type { Source, StreamPart, Warning } from "@fallthrough/core";
import type { StreamWriter } from "../dialect.ts";
import { escapeLineEnds } from "../line-ends.ts";
import { gatherOpaque } from "./opaque-data.ts";
import { formatError } from "./write-error.ts";
import {
  createHead,
  formatCall,
  formatEnd,
  formatExtras,
  type LineForm,
  type LineHead,
  type Said,
} from "./write-reply.ts";

/** The lines of one answer, each a JSON object; until it is known who answers, they name what was `asked` for. */
export function createLines(form: LineForm, asked: string | undefined): StreamWriter {
  const since = performance.now();
  const opaque = gatherOpaque();
  const warnings: Warning[] = [];
  const sources: Source[] = [];
  let head: LineHead = createHead({ model: asked ?? "auto" });
  /** The bytes before and behind the text of a line. */
  let before = "";
  let after = "";
  let calls = 0;

  function line(said: Said): string {
    return formatLine({ ...head, ...form(said), done: false });
  }

  function write(part: StreamPart): string {
    switch (part.type) {
      case "text-delta":
        return before + escapeLineEnds(JSON.stringify(part.delta)) + after;
      case "reasoning-delta":
        return part.delta === "" ? "" : line({ content: "", thinking: part.delta });
      case "tool-call":
        return line({ content: "", tool_calls: [formatCall(part, calls++)] });
      case "warning":
        warnings.push({ code: part.code, message: part.message });
        return "";
      case "source":
        sources.push({ url: part.url, title: part.title });
        return "";
      case "finish": {
        const said = form({ content: "", ...opaque.format() });
        const end = {
          ...head,
          ...said,
          ...formatEnd(part, part.usage, since),
          ...formatExtras({ warnings, sources }),
        };
        return formatLine(end);
      }
      default:
        // calls are sent whole, and this protocol has no place for what a later minor of the contract adds
        return "";
    }
  }

  return {
    begin(answerer) {
      head = createHead(answerer);
      const blank = line({ content: "" });
      const at = blank.lastIndexOf('""');
      before = blank.slice(0, at);
      after = blank.slice(at + 2);
      return "";
    },
    write(part) {
      opaque.take(part);
      return write(part);
    },
    // a comment would be no JSON
    keepAlive: () => line({ content: "" }),
    // no line with `done: true` follows
    fail: (failure) => formatLine(formatError(failure)),
  };
}

function formatLine(value: object): string {
  return `${escapeLineEnds(JSON.stringify(value))}\n`;
}
