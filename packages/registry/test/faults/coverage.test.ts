import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ALL_ROWS } from "./all-rows.ts";
import { formatFaultTable } from "./fault-table.ts";

/** The rows that a chain can show; those behind them belong to the gateway and the shared store. */
const LAST_ROW = 73;
const PAGE = fileURLToPath(new URL("../../../../docs/faults.md", import.meta.url));
const TABLE = /(<!-- rows -->\n)[\s\S]*?(\n<!-- \/rows -->)/;

test("every row of the matrix is tried", () => {
  const tried = new Set(ALL_ROWS.map(({ row }) => row));

  expect([...tried]).toEqual(Array.from({ length: LAST_ROW }, (_, index) => index + 1));
});

test("no two rows say the same of themselves", () => {
  const names = ALL_ROWS.map(({ row, fault, sent }) => `${row} ${fault}: ${sent}`);

  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("the page has the table of the rows as they are tried", async () => {
  const page = readFileSync(PAGE, "utf8");

  expect(page).toMatch(TABLE);
  const written = page.replace(TABLE, (_, start, end) => start + formatFaultTable(ALL_ROWS) + end);
  await expect(written).toMatchFileSnapshot(PAGE);
});
