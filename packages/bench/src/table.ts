import { boundOf, keepsTo } from "./bounds.ts";
import type { Figure } from "./figure.ts";
import type { Summary } from "./statistics.ts";

const HEAD = [
  "what is read",
  "measure",
  "client",
  "figure",
  "against the base",
  "spread",
  "bound",
  "aim",
  "",
];

/** A Markdown table of figures, one row each, with bound and aim beside those that have them. */
function formatTable(figures: readonly Figure[]): string {
  const rows = figures.map(formatRow);
  const widths = HEAD.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) => (column < 3 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(HEAD), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

/** One table for each suite, under its name. */
export function formatTables(figures: readonly Figure[]): string {
  const suites = [...new Set(figures.map(({ suite }) => suite))];
  return suites
    .map((name) => `**${name}**\n\n${formatTable(figures.filter(({ suite }) => suite === name))}`)
    .join("\n\n");
}

function formatRow(figure: Figure): readonly string[] {
  const { variant, measure, client, unit, value, relative } = figure;
  const bound = boundOf(figure);
  const format = relative?.kind === "added" ? signed : plain;
  return [
    variant,
    measure,
    client,
    `${plain(value.median)} ${unit}`,
    relative === undefined
      ? ""
      : `${format(relative.summary.median)}${relative.kind === "added" ? ` ${unit}` : ""}`,
    spread(relative?.summary ?? value, format),
    bound === undefined ? "" : format(bound.bound),
    bound === undefined ? "" : format(bound.aim),
    bound === undefined ? "" : keepsTo(figure, bound) ? "ok" : "OVER",
  ];
}

function spread({ low, high }: Summary, format: (value: number) => string): string {
  return `${format(low)} to ${format(high)}`;
}

function plain(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${plain(value)}`;
}
