import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ALL_ROWS } from "./all-rows.ts";
import { formatFaultTable, formatProtocolTable } from "./fault-table.ts";
import { ALL_PROTOCOLS } from "./protocols/all-protocols.ts";
import { protocolRows } from "./protocols/rows.ts";

/** The rows that a chain can show; those behind them belong to the gateway and the shared store. */
const LAST_ROW = 73;
const PAGE = fileURLToPath(new URL("../../../../docs/faults.md", import.meta.url));
const TABLE = /(<!-- rows -->\n)[\s\S]*?(\n<!-- \/rows -->)/;
const PROTOCOL_TABLE = /(<!-- protocols -->\n)[\s\S]*?(\n<!-- \/protocols -->)/;

test("every row of the matrix is tried", () => {
  const tried = new Set(ALL_ROWS.map(({ row }) => row));

  expect([...tried]).toEqual(Array.from({ length: LAST_ROW }, (_, index) => index + 1));
});

test.each([
  ["the matrix", ALL_ROWS] as const,
  ...ALL_PROTOCOLS.map((protocol) => [protocol.name, protocolRows(protocol)] as const),
])("no two rows of %s say the same of themselves", (_, rows) => {
  const names = rows.map(({ row, fault, sent }) => `${row} ${fault}: ${sent}`);

  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("the page has the tables of the rows as they are tried", async () => {
  const page = readFileSync(PAGE, "utf8");

  expect(page).toMatch(TABLE);
  expect(page).toMatch(PROTOCOL_TABLE);
  const written = page
    .replace(TABLE, (_, start, end) => start + formatFaultTable(ALL_ROWS) + end)
    .replace(PROTOCOL_TABLE, (_, start, end) => start + formatProtocolTable(ALL_PROTOCOLS) + end);
  await expect(written).toMatchFileSnapshot(PAGE);
});
