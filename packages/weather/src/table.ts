import { type Figures, ratio, type Share } from "./engine/figures.ts";
import type { FleetReport } from "./fleet/measure.ts";
import type { FleetFigures, FleetRow } from "./fleet/row.ts";
import type { Row } from "./row.ts";
import { betterPeers, totalsOf } from "./targets.ts";
import { TRADES } from "./trades.ts";

/** What `docs/health.json` holds. */
export interface Report {
  readonly seeds: number;
  readonly rows: readonly Row[];
}

const HEAD = [
  "weather",
  "answers",
  "by the first choice",
  "prompts to who was down",
  "of them together",
  "all failed",
  "back after",
  "added wait",
  "CPU of a call",
  "better",
] as const;

/** Everything that `docs/health.md` shows of a report. */
export function formatReport({ seeds, rows }: Report): string {
  return [
    `${rows.length} kinds of weather, ${seeds} runs each.`,
    `**fallthrough**\n\n${formatRows(rows)}`,
    `**Where another is better, or a target is missed, and why**\n\n${formatTrades(rows)}`,
    `**All rows together**\n\n${formatTotals(rows)}`,
    `**Row by row**: answers / by the first choice / prompts to who was down / added wait\n\n${formatComparison(rows)}`,
    `**Weather**\n\n${rows.map(({ scenario, about }) => `- *${scenario}*: ${about}`).join("\n")}`,
  ].join("\n\n");
}

/** A Markdown table of the rows, for the first contestant, and who is better than it. */
export function formatRows(rows: readonly Row[]): string {
  return formatTable(
    HEAD,
    rows.map((row) => {
      const figures = Object.values(row.figures)[0] as Figures;
      return [row.scenario, ...cellsOf(figures), betterPeers(row).join(", ") || "-"];
    }),
  );
}

function cellsOf(figures: Figures): readonly string[] {
  const { recoveryMs, usualRecoveryMs } = figures;
  return [
    percent(ratio(figures.given)),
    percent(ratio(figures.byFirst)),
    figures.needless.toFixed(1),
    String(figures.mostNeedless),
    figures.longestFailing === 0
      ? "-"
      : `${seconds(figures.longestFailingMs)}, ${figures.longestFailing} calls`,
    recoveryMs === undefined ? "-" : `${seconds(usualRecoveryMs ?? 0)} to ${seconds(recoveryMs)}`,
    seconds(figures.waitMs),
    `${Math.round(figures.cpu)} µs`,
  ];
}

/** A list of the trades that these rows show. */
function formatTrades(rows: readonly Row[]): string {
  return TRADES.flatMap(({ rows: names, peers = [], targets, why }) => {
    const own = rows.filter(({ scenario }) => names.includes(scenario));
    if (targets !== undefined) return own.map(({ scenario }) => `- *${scenario}*: ${why}`);
    return peers.flatMap((peer) => {
      const better = own.filter((row) => betterPeers(row).includes(peer));
      const list = better.map(({ scenario }) => `*${scenario}*`).join(", ");
      return better.length === 0 ? [] : [`- **${peer}** in ${list}: it ${why}`];
    });
  }).join("\n");
}

/** A Markdown table of what every contestant reaches in all rows together. */
export function formatTotals(rows: readonly Row[]): string {
  const names = Object.keys(rows[0]?.figures ?? {});
  const head = ["", "answers", "by the first choice", "prompts to who was down", "added wait", "late"];
  return formatTable(
    head,
    names.map((name) => {
      const figures = rows.flatMap((row) => row.figures[name] ?? []);
      const { given, byFirst } = totalsOf(rows, name);
      const waits = figures.map(({ waitMs, given: { reached } }) => waitMs * reached);
      return [
        name,
        percent(ratio(given)),
        percent(ratio(byFirst)),
        sum(figures.map(({ needless }) => needless)).toFixed(0),
        seconds(sum(waits) / given.reached),
        String(sum(figures.map(({ late = 0 }) => late))),
      ];
    }),
  );
}

/** A Markdown table of the main figures of every contestant in every row. */
export function formatComparison(rows: readonly Row[]): string {
  const names = Object.keys(rows[0]?.figures ?? {});
  return formatTable(
    ["weather", ...names],
    rows.map((row) => [
      row.scenario,
      ...names.map((name) => {
        const { given, byFirst, needless, waitMs } = row.figures[name] as Figures;
        const shares = [given, byFirst].map((share) => percent(ratio(share)));
        return [...shares, needless.toFixed(0), seconds(waitMs)].join(" / ");
      }),
    ]),
  );
}

/** A Markdown table of what a fleet does, beside one process with the same callers. */
export function formatFleet({ processes, rows }: FleetReport): string {
  const head = ["weather", "one process", `${processes} processes`, "a decision: p50", "p99"];
  const cell = ({ down, given, byFirst }: FleetFigures): string =>
    [down.toFixed(1), percent(ratio(given)), percent(ratio(byFirst))].join(" / ");
  const total: FleetRow = {
    scenario: "all of them, and the longest times",
    one: totalOf(rows.map(({ one }) => one)),
    fleet: totalOf(rows.map(({ fleet }) => fleet)),
    decisionMs: {
      p50: Math.max(...rows.map(({ decisionMs }) => decisionMs.p50)),
      p99: Math.max(...rows.map(({ decisionMs }) => decisionMs.p99)),
    },
  };
  return formatTable(
    head,
    [...rows, total].map(({ scenario, one, fleet, decisionMs: { p50, p99 } }) => [
      scenario,
      cell(one),
      cell(fleet),
      ...[p50, p99].map((ms) => `${ms.toFixed(2)} ms`),
    ]),
  );
}

function totalOf(figures: readonly FleetFigures[]): FleetFigures {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const shares = (list: readonly Share[]): Share => ({
    reached: sum(list.map(({ reached }) => reached)),
    possible: sum(list.map(({ possible }) => possible)),
  });
  return {
    down: sum(figures.map(({ down }) => down)),
    given: shares(figures.map(({ given }) => given)),
    byFirst: shares(figures.map(({ byFirst }) => byFirst)),
  };
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(value: number): string {
  return `${(Math.floor(10_000 * value) / 100).toFixed(2)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
