import type { Attempt, Route } from "@fallthrough/core";
import type { Span, Style } from "./span.ts";
import { formatTable } from "./table.ts";

const STYLES: Readonly<Record<Attempt["outcome"], Style>> = {
  answered: "green",
  failed: "red",
  skipped: "dim",
  aborted: "yellow",
};

/** The lines of a table that tells who was asked and what came of it. */
export function formatRoute({ attempts }: Route): Span[][] {
  return formatTable(
    ["asked", "outcome", "why", "time"],
    attempts.map((attempt) => [
      formatAsked(attempt),
      { text: attempt.outcome, style: STYLES[attempt.outcome] },
      whyOf(attempt),
      attempt.outcome === "skipped" ? "" : `${Math.round(attempt.ms)} ms`,
    ]),
  );
}

function formatAsked({ provider, model, key }: Attempt): string {
  // a server that chooses its model itself is asked for none
  const asked = model === undefined ? provider : `${provider}/${model}`;
  return asked + formatKey(key);
}

/** Which key of several: the place for whoever wrote the list, the mark for whoever compares two processes. */
export function formatKey(key: Attempt["key"]): string {
  return key === undefined ? "" : ` (key ${key.position}, ${key.mark})`;
}

function whyOf({ code, status, reason, reportedModel, model }: Attempt): string {
  const facts = [code, status === undefined ? undefined : `HTTP ${status}`, reason];
  if (reportedModel !== undefined && reportedModel !== model) facts.push(`the server says ${reportedModel}`);
  return facts.filter((fact) => fact !== undefined).join(", ");
}
