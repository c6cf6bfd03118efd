import type { Planned, Skip } from "../chain/candidate.ts";
import type { Health, HealthStore, Permit } from "./health.ts";

/** What one call has found out about who may be asked. */
export interface Admission {
  /** The candidates in the order of asking. */
  readonly plan: readonly Planned[];
  /** The memory of failures. */
  readonly health: HealthStore;
  /** The candidate that is asked although it is in a cooldown. */
  chosen?: Chosen;
}

interface Chosen {
  /** The one that is asked although it cools down, because all do. */
  readonly forced: Planned | undefined;
  /** There is no other to ask. */
  readonly alone: boolean;
}

const NOBODY: Chosen = { forced: undefined, alone: false };
/** Softer first: what is only counted may pass any moment. */
const EFFECTS: readonly Health["effect"][] = ["count", "cool", "park"];

/** Leave to ask this one, or `undefined` while it cools down; at once where the store knows at once. */
export function admit(
  admission: Admission,
  planned: Planned,
): Permit | undefined | Promise<Permit | undefined> {
  const admitted = admission.health.admit(planned.subject);
  return isPromise(admitted)
    ? admitted.then((permit) => judge(admission, planned, permit))
    : judge(admission, planned, admitted);
}

function judge(
  admission: Admission,
  planned: Planned,
  admitted: Permit | undefined,
): Permit | Promise<Permit | undefined> {
  if (admitted === undefined) return admitForced(admission, planned);
  // one that may be asked is enough: it is as the call began that all must cool down
  admission.chosen ??= NOBODY;
  return admitted;
}

async function admitForced(admission: Admission, planned: Planned): Promise<Permit | undefined> {
  const { plan, health } = admission;
  admission.chosen ??= chooseForced(plan, health);
  const { forced, alone } = admission.chosen;
  if (planned !== forced) return undefined;
  const permit = await health.admit(planned.subject, { force: true });
  return alone || permit?.probe !== undefined ? permit : undefined;
}

/** Whether one is asked although it cools down, because all do. */
export function chooseForced(plan: readonly Planned[], health: HealthStore): Chosen {
  const known = plan
    .filter(({ skip }) => skip === undefined)
    .map((planned) => ({ planned, health: health.peek(planned.subject) }));
  if (known.some(({ health: { state } }) => state !== "cooling" && state !== "probing")) return NOBODY;
  const alone = known.length === 1;
  const soft = known.filter((one) => !one.health.hard).toSorted(bySoftness);
  const softest = alone ? soft[0] : soft.find((one) => one.health.state === "cooling");
  return { forced: softest?.planned, alone };
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
