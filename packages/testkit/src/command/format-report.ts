import type { SupportTable } from "../conformance/support-table.ts";
import type { CaseOutcome } from "./run-cases.ts";

/** What a report tells. */
export interface Report {
  /** Whose cases they are. */
  readonly name: string;
  /** How each case ended, in order. */
  readonly outcomes: readonly CaseOutcome[];
  /** What the provider supports. */
  readonly table: SupportTable;
  /** Whether the failures behind the first are listed. */
  readonly listsAll: boolean;
}

/** The first failure and why, in front of everything else. */
export function formatReport({ name, outcomes, table, listsAll }: Report): string {
  const skipped = outcomes.filter((outcome) => outcome.skipped !== undefined).length;
  const failures = outcomes.filter(({ problem }) => problem !== undefined);
  const [first, ...others] = failures;
  const ran = outcomes.length - skipped;
  const counts = `${ran - failures.length} of ${ran} cases passed, ${skipped} skipped`;
  const cause =
    first === undefined
      ? [`${name} passes: ${counts}`]
      : [`${name} fails: ${first.title}`, indent(first.problem), counts];
  return [...cause, ...behind(others, listsAll), "", table.format(`${name} supports`)].join("\n");
}

function behind(others: readonly CaseOutcome[], listsAll: boolean): readonly string[] {
  if (others.length === 0) return [];
  if (listsAll) return ["", ...others.flatMap(({ title, problem }) => [title, indent(problem)])];
  return [
    `Mend this first: ${others.length} more fail behind it, often for the same reason. --all lists them.`,
  ];
}

function indent(text: string | undefined): string {
  return String(text).replace(/^/gm, "  ");
}
