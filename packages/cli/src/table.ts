import { createRequire } from "node:module";
import type { Span } from "./span.ts";

const require = createRequire(import.meta.url);

/** The lines of a table with aligned columns; a column without any text is left out. */
export function formatTable(headings: readonly string[], rows: readonly (readonly Span[])[]): Span[][] {
  const shown = headings.flatMap((_, column) => (rows.some((row) => width(row[column]) > 0) ? [column] : []));
  const titled: Span[][] = [
    headings.map((text) => ({ text, style: "dim" })),
    ...rows.map((row) => row.map(inOneLine)),
  ];
  const widths = headings.map((_, column) => Math.max(...titled.map((row) => width(row[column]))));

  return titled.map((row) => {
    const last = shown.findLast((column) => width(row[column]) > 0);
    return shown.slice(0, shown.indexOf(last ?? 0) + 1).flatMap((column) => {
      const cell = row[column] ?? "";
      return column === last ? [cell] : [cell, " ".repeat((widths[column] ?? 0) - width(cell) + 2)];
    });
  });
}

/** The same as blocks of names and values where the terminal is narrower than the table. */
export function fitTable(
  headings: readonly string[],
  rows: readonly (readonly Span[])[],
  columns: number | undefined,
): Span[][] {
  const table = formatTable(headings, rows);
  const widest = Math.max(...table.map((line) => line.reduce((sum, span) => sum + width(span), 0)));
  if (columns === undefined || widest <= columns) return table;
  return rows.flatMap((row, place) => [
    ...(place === 0 ? [] : [[]]),
    ...row.flatMap((cell, column) =>
      width(cell) === 0 ? [] : [[{ text: `${headings[column]}: `, style: "dim" as const }, inOneLine(cell)]],
    ),
  ]);
}

function inOneLine(span: Span): Span {
  if (typeof span === "string") return span.replace(/\s+/g, " ");
  return { ...span, text: span.text.replace(/\s+/g, " ") };
}

/** Columns that a terminal needs: two for a Chinese character or an emoji, none for a combining mark. */
function width(span: Span | undefined): number {
  const text = typeof span === "string" ? span : (span?.text ?? "");
  return /^[ -~]*$/.test(text) ? text.length : wideWidth(text);
}

/** Loaded with the first text beyond ASCII: its tables take a tenth of the time of a short command. */
function wideWidth(text: string): number {
  return require("string-width").default(text);
}
