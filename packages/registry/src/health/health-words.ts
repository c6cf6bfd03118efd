import type { Skip } from "../chain/candidate.ts";
import type { Health } from "./health.ts";
import type { LimitState } from "./ledger.ts";

/** What three protocol failures in a row mean. */
export const OUTDATED = "adapter outdated";

/** Whether the answers of the site are of a shape that the provider does not know. */
export function isOutdated({ code, repeats }: Pick<Health, "code" | "repeats">): boolean {
  return code === "protocol" && repeats >= 3;
}

/** Why a candidate in this state is not asked before the others, or `undefined` where it is well. */
export function skipFor(health: Health, now: number): Skip | undefined {
  const { state, code, remainingMs } = health;
  if (state === "well" || (state === "probing" && remainingMs === 0)) return undefined;
  return { code, reason: isOutdated(health) ? `${OUTDATED}, ${wordsOf(health, now)}` : wordsOf(health, now) };
}

/** A state in words: since when, until when, and what would end it. */
export function wordsOf(health: Health, now: number): string {
  const { state, openMs, remainingMs, need, lacking } = health;
  const end = endOf(health);
  if (end === undefined) return state;
  const [since, until] = [now - openMs, now + remainingMs].map((time) => new Date(time).toISOString());
  const due = remainingMs === 0 ? "" : ` until ${until}`;
  if (lacking !== undefined) return `no room until ${until}, ${formatLimit(lacking)}`;
  const what = need === undefined ? state : `refuses ${need}`;
  const why = state === "suspect" ? "its callers wait in silence, " : "";
  return `${what} since ${since}${due}, ${why}ended by ${end}`;
}

/** What is left of a limit and who says so. */
export function formatLimit({ unit, window, limit, left, source }: LimitState): string {
  const count = limit === undefined ? `${left}` : `${left} of ${limit}`;
  const when = window === undefined ? "" : ` this ${window}`;
  return `${count} ${unit} left${when} (${source})`;
}

/** What would end a state, in words; `undefined` where it is well. */
export function endOf({ state, remainingMs, lacking }: Health): string | undefined {
  switch (state) {
    case "well":
      return undefined;
    case "suspect":
      return "its next content, or a probe after that time";
    case "cooling":
      return "a probe after that time, or an answer because nobody else is left";
    case "probing":
      return remainingMs === 0 ? "the first content of the next call" : "the first content of the probe";
    case "refused":
      if (lacking !== undefined) return "that time, when the limit has room again";
      return "a probe after that time, or `resetHealth()` once the cause is mended";
  }
}
