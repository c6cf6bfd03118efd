import type { Protocol } from "./protocols/protocol.ts";
import { protocolRows } from "./protocols/rows.ts";
import type { FaultRow } from "./row.ts";

const FOLLOWS: Readonly<Record<FaultRow["follows"], string>> = {
  next: "next",
  int: "what arrived, then the error",
  stop: "nobody else is asked",
  answer: "an answer",
};

/** The rows as a table of a page; one line for each way to cause a fault. */
export function formatFaultTable(rows: readonly FaultRow[]): string {
  return formatTable(["#", "Fault", "What is sent or done", "Code", "What follows"], rows.map(cellsOf));
}

/** The rows that speak of a body as a table, with the protocols over which each of them runs. */
export function formatProtocolTable(protocols: readonly Protocol[]): string {
  const names = new Map<string, string[]>();
  for (const protocol of protocols) {
    for (const row of protocolRows(protocol)) {
      const line = JSON.stringify(cellsOf(row));
      names.set(line, [...(names.get(line) ?? []), protocol.name]);
    }
  }
  const lines = [...names].map(([line, over]): readonly unknown[] => [
    ...JSON.parse(line),
    over.length === protocols.length ? "each" : over.join(", "),
  ]);
  return formatTable(
    ["#", "Fault", "What is sent", "Code", "What follows", "Over"],
    lines.toSorted(([one], [other]) => Number(one) - Number(other)),
  );
}

function cellsOf({ row, fault, sent, code, follows }: FaultRow): readonly unknown[] {
  return [row, fault, sent, code === "-" ? code : `\`${code}\``, FOLLOWS[follows]];
}

function formatTable(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = rows.map((cells) =>
    cells.map((cell) => ` ${String(cell).replaceAll("|", "\\|")} `).join("|"),
  );
  return [`| ${head.join(" | ")} |`, `|${head.map(() => "---|").join("")}`]
    .concat(lines.map((line) => `|${line}|`))
    .join("\n");
}
