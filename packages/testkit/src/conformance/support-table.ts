/** How a case ended. */
type Outcome = "passed" | "failed";

/** Collects how cases ended, by group. */
export interface SupportTable {
  /** Counts a case. */
  add(group: string, outcome: Outcome): void;
  /** Says of a group why none of its cases is run. */
  skip(group: string, why: string): void;
  /** One line for each group. */
  format(title: string): string;
}

/** A table of these groups, in this order. */
export function createSupportTable(rows: Iterable<string>): SupportTable {
  const groups = new Map<string, Outcome[]>([...rows].map((row) => [row, []]));
  const skipped = new Map<string, string>();
  return {
    add(group, outcome) {
      groups.get(group)?.push(outcome);
    },
    skip(group, why) {
      skipped.set(group, why);
    },
    format(title) {
      const width = Math.max(0, ...[...groups.keys()].map((group) => group.length));
      const lines = [...groups].map(
        ([group, outcomes]) => `  ${group.padEnd(width)}  ${summary(outcomes, skipped.get(group))}`,
      );
      return [title, ...lines, ""].join("\n");
    },
  };
}

function summary(outcomes: readonly Outcome[], why: string | undefined): string {
  if (outcomes.length === 0) return why ?? "not run";
  const passed = outcomes.filter((outcome) => outcome === "passed").length;
  const verdict = passed === outcomes.length ? "yes" : "NO";
  return `${verdict} (${passed} of ${outcomes.length})${why === undefined ? "" : `; ${why}`}`;
}
