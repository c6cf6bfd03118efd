// loaded before any row starts its timers: on a busy machine that alone takes longer than they do
import "undici";
import { describe, test } from "vitest";
import { consumeParts, consumeResult, type FaultRow } from "./row.ts";

/** Tries every row both ways: part by part and as a whole. */
export function runRows(rows: readonly FaultRow[]): void {
  describe.each([
    { way: "part by part", consume: consumeParts },
    { way: "as a whole", consume: consumeResult },
  ])("$way", ({ consume }) => {
    test.each(rows)("row $row, $fault: $sent -> $code, $follows", ({ run }) => run(consume));
  });
}
