import type { FaultRow } from "./row.ts";

const FOLLOWS: Readonly<Record<FaultRow["follows"], string>> = {
  next: "next",
  int: "what arrived, then the error",
  stop: "nobody else is asked",
  answer: "an answer",
};

/** The rows as a table of a page; one line for each way to cause a fault. */
export function formatFaultTable(rows: readonly FaultRow[]): string {
  const lines = rows.map(({ row, fault, sent, code, follows }) =>
    [row, fault, sent, code === "-" ? code : `\`${code}\``, FOLLOWS[follows]]
      .map((cell) => ` ${String(cell).replaceAll("|", "\\|")} `)
      .join("|"),
  );
  return ["| # | Fault | What is sent or done | Code | What follows |", "|---|---|---|---|---|"]
    .concat(lines.map((line) => `|${line}|`))
    .join("\n");
}
