import { once } from "node:events";
import { styleText } from "node:util";
import type { Shell, Terminal } from "./shell.ts";
import type { Span } from "./span.ts";
import { fitTable } from "./table.ts";

/** Where a command writes. */
export interface Output {
  /** Writes a piece of an answer to stdout, and waits while its reader is slow. */
  answer(text: string): Promise<void>;
  /** Writes a line to stdout. */
  line(...spans: Span[]): void;
  /** Writes a line to stderr. */
  note(...spans: Span[]): void;
  /** Writes a table to stdout. */
  table(headings: readonly string[], rows: readonly (readonly Span[])[]): void;
  /** Writes a value to stdout, as JSON. */
  json(value: unknown): void;
}

/** The output of a command: plain on a pipe, styled on a terminal unless `NO_COLOR` is set. */
export function createOutput({ output, notes, environment, signal }: Shell): Output {
  const lineWriter = (stream: Terminal) => {
    const styled = stream.isTTY === true && !environment["NO_COLOR"] && stream.hasColors?.() === true;
    return (...spans: Span[]) => {
      stream.write(`${spans.map((span) => renderSpan(span, styled)).join("")}\n`);
    };
  };

  const line = lineWriter(output);
  return {
    async answer(text) {
      if (!output.write(output.isTTY ? withoutControls(text) : text)) await once(output, "drain", { signal });
    },
    line,
    note: lineWriter(notes),
    table(headings, rows) {
      for (const spans of fitTable(headings, rows, output.isTTY ? output.columns : undefined)) line(...spans);
    },
    json(value) {
      output.write(`${JSON.stringify(value).replace(/\p{Cc}/gu, escapeCharacter)}\n`);
    },
  };
}

function renderSpan(span: Span, styled: boolean): string {
  const { text, style } = typeof span === "string" ? { text: span, style: undefined } : span;
  return styled && style
    ? styleText(style, withoutControls(text), { validateStream: false })
    : withoutControls(text);
}

/** Foreign text without what commands a terminal: an answer could otherwise retitle it or fill its clipboard. */
export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => (character === "\n" || character === "\t" ? character : ""));
}

/** JSON leaves the upper control characters as they are. */
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
