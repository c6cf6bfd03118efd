import type { Planned, Skip } from "./candidate.ts";
import type { Health, HealthStore, Permit } from "./health.ts";

/** Lets candidates through as their health allows. */
export interface Admission {
  /** The one that is asked although it cools down, because all do. */
  forced(): Planned | undefined;
  /** Leave to ask this one, or `undefined` while it cools down; at once where the store knows at once. */
  admit(planned: Planned): Permit | undefined | Promise<Permit | undefined>;
}

interface Chosen {
  readonly forced: Planned | undefined;
  /** There is no other to ask. */
  readonly alone: boolean;
}

const NOBODY: Chosen = { forced: undefined, alone: false };
/** Softer first: what is only counted may pass any moment. */
const EFFECTS: readonly Health["effect"][] = ["count", "cool", "park"];

/** Decides for one call whether it goes through to a candidate that cools down, because all do. */
export function createAdmission(plan: readonly Planned[], health: HealthStore): Admission {
  let chosen: Chosen | undefined;

  function choose(): Chosen {
    const known = plan
      .filter(({ skip }) => skip === undefined)
      .map((planned) => ({ planned, health: health.peek(planned.subject) }));
    if (known.some(({ health: { state } }) => state !== "cooling" && state !== "probing")) return NOBODY;
    const alone = known.length === 1;
    const soft = known.filter((one) => !one.health.hard).toSorted(bySoftness);
    const softest = alone ? soft[0] : soft.find((one) => one.health.state === "cooling");
    return { forced: softest?.planned, alone };
  }

  function forced(): Planned | undefined {
    chosen ??= choose();
    return chosen.forced;
  }

  async function admitForced(planned: Planned): Promise<Permit | undefined> {
    if (planned !== forced()) return undefined;
    const permit = await health.admit(planned.subject, { force: true });
    return chosen?.alone || permit?.probe !== undefined ? permit : undefined;
  }

  function judge(planned: Planned, admitted: Permit | undefined): Permit | Promise<Permit | undefined> {
    if (admitted === undefined) return admitForced(planned);
    // one that may be asked is enough: it is as the call began that all must cool down
    chosen ??= NOBODY;
    return admitted;
  }

  return {
    forced,
    admit(planned) {
      const admitted = health.admit(planned.subject);
      return isPromise(admitted)
        ? admitted.then((permit) => judge(planned, permit))
        : judge(planned, admitted);
    },
  };
}

/** Whether a store answers later: most know at once, and waiting takes each call turns of the microtask queue. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === "object" && value !== null && "then" in value;
}

function bySoftness({ health: a }: { health: Health }, { health: b }: { health: Health }): number {
  return EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) || b.openMs - a.openMs;
}

/** Why a candidate in this state is skipped, or `undefined` where it is not. */
export function coolingSkip({ state, remainingMs, code, ...facts }: Health): Skip | undefined {
  if (state !== "cooling" && state !== "probing") return undefined;
  const until = new Date(Date.now() + remainingMs).toISOString();
  const reason = state === "cooling" ? `cooling until ${until}` : "cooling, a probe is under way";
  return { code, reason: isOutdated({ code, ...facts }) ? `${reason}, ${OUTDATED}` : reason };
}

/** What three protocol failures in a row mean. */
export const OUTDATED = "adapter outdated";

/** Whether the answers of the site are of a shape that the provider does not know. */
export function isOutdated({ code, repeats }: Pick<Health, "code" | "repeats">): boolean {
  return code === "protocol" && repeats >= 3;
}
