import { chat } from "@fallthrough/core";
import { beforeAll, describe, test } from "vitest";
import { consumeParts, consumeResult, type FaultRow } from "./row.ts";
import { wireProvider } from "./wire-provider.ts";

/** Each row has limits of its own; this one only ends a row that hangs. */
const LONGEST_ROW_MS = 20_000;

/** The first call loads the HTTP client: on a busy machine that alone takes longer than the timers of a row. */
async function loadClient(): Promise<void> {
  const provider = wireProvider("nobody", "http://127.0.0.1:1");
  const messages = [{ role: "user" as const, content: "Is anybody there?" }];
  await chat(provider, { messages })
    .text()
    .catch(() => {});
  await provider.close?.();
}

/** Tries every row both ways: part by part and as a whole. */
export function runRows(rows: readonly FaultRow[], limitMs: number = LONGEST_ROW_MS): void {
  beforeAll(loadClient);
  describe.each([
    { way: "part by part", consume: consumeParts },
    { way: "as a whole", consume: consumeResult },
  ])("$way", ({ consume }) => {
    test.each(rows)("row $row, $fault: $sent -> $code, $follows", ({ run }) => run(consume), limitMs);
  });
}
