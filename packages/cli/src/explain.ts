import type { CandidateStep, ReferenceStep } from "@fallthrough/registry";
import { explainName, loadApplication, noteProblems } from "./application.ts";
import type { ListOptions } from "./models.ts";
import type { Output } from "./output.ts";
import { formatKey } from "./route.ts";
import { EXIT, type Shell } from "./shell.ts";
import type { Span } from "./span.ts";

/** Prints what a name means, then who would be asked now, in that order, and who would not. */
export async function explain(
  shell: Shell,
  output: Output,
  name: string,
  options: ListOptions,
): Promise<number> {
  const application = await loadApplication(shell, options);
  noteProblems(output, application);
  const steps = await explainName(output, application, { model: name, json: options.json });
  if (typeof steps === "number") return steps;

  if (options.json) {
    output.json(steps);
    return EXIT.answered;
  }
  const rows: Span[][] = [];
  for (const step of steps) {
    if (step.type !== "candidate") output.line(`${formatName(step)}: ${step.targets.join(", ")}`);
    else rows.push(formatCandidate(step));
  }
  output.table(["candidate", "state", "outcome", "why", "since", "until", "ended by"], rows);
  return EXIT.answered;
}

/** Why it is not asked, and for what it would not be. */
function whyOf({ state, code, reason, refused = [], limits = [] }: CandidateStep): string {
  const needs = refused.map(({ need, until }) => `refuses ${need} until ${until.toISOString()}`);
  // in a state that is not well the reason repeats what has columns of its own
  return [state === "well" ? reason : code, ...needs, ...limits.map(({ text }) => text)]
    .filter((one) => one !== undefined)
    .join(", ");
}

function formatName({ type, name }: ReferenceStep): string {
  return type === name ? name : `${type} ${name}`;
}

function formatCandidate(step: CandidateStep): Span[] {
  const { name, key, state, outcome, since, until, endedBy } = step;
  const times = [since, until].map((time) => time?.toISOString() ?? "");
  return [name + formatKey(key), state, formatOutcome(outcome), whyOf(step), ...times, endedBy ?? ""];
}

function formatOutcome(outcome: "asked" | "skipped"): Span {
  return { text: outcome, style: outcome === "asked" ? "green" : "dim" };
}
