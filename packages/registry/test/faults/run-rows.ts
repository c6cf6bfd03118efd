// loaded before any row starts its timers: on a busy machine that alone takes longer than they do
import "undici";
import { describe, test } from "vitest";
import { consumeParts, consumeResult, type FaultRow } from "./row.ts";

/** Each row has limits of its own; this one only ends a row that hangs. */
const LONGEST_ROW_MS = 20_000;

/** Tries every row both ways: part by part and as a whole. */
export function runRows(rows: readonly FaultRow[], limitMs: number = LONGEST_ROW_MS): void {
  describe.each([
    { way: "part by part", consume: consumeParts },
    { way: "as a whole", consume: consumeResult },
  ])("$way", ({ consume }) => {
    test.each(rows)("row $row, $fault: $sent -> $code, $follows", ({ run }) => run(consume), limitMs);
  });
}
