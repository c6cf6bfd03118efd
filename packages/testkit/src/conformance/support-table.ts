/** How a case ended. */
type Outcome = "passed" | "failed" | "missing";

/** Collects how cases ended, by group. */
export interface SupportTable {
  add(group: string, outcome: Outcome): void;
  /** One line for each group. */
  format(title: string): string;
}

/** An empty table. */
export function createSupportTable(): SupportTable {
  const groups = new Map<string, Outcome[]>();
  return {
    add(group, outcome) {
      groups.set(group, [...(groups.get(group) ?? []), outcome]);
    },
    format(title) {
      const width = Math.max(0, ...[...groups.keys()].map((group) => group.length));
      const lines = [...groups].map(([group, outcomes]) => `  ${group.padEnd(width)}  ${summary(outcomes)}`);
      return [title, ...lines, ""].join("\n");
    },
  };
}

function summary(outcomes: readonly Outcome[]): string {
  if (outcomes.includes("missing")) return "declared missing";
  const passed = outcomes.filter((outcome) => outcome === "passed").length;
  const verdict = passed === outcomes.length ? "yes" : "NO";
  return `${verdict} (${passed} of ${outcomes.length})`;
}
