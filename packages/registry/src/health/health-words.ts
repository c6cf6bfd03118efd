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
  const { state, code, remainingMs, need, lacking } = health;
  if (state === "well" || (state === "probing" && remainingMs === 0)) return undefined;
  const until = new Date(now + remainingMs).toISOString();
  const reason = {
    suspect: `suspect until ${until}, its callers wait in silence`,
    cooling: need === undefined ? `cooling until ${until}` : `refuses ${need} until ${until}`,
    probing: `cooling, a probe is under way until ${until} at the latest`,
    refused:
      lacking === undefined ? `refused until ${until}` : `no room until ${until}, ${formatLimit(lacking)}`,
  }[state];
  return { code, reason: isOutdated(health) ? `${reason}, ${OUTDATED}` : reason };
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
