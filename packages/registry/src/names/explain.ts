import type { AttemptKey, ChatErrorCode, Need } from "@fallthrough/core";
import type { Planned } from "../chain/candidate.ts";
import type { Health, HealthStore, RefusedNeed } from "../health/health.ts";
import { endOf, formatLimit, skipFor } from "../health/health-words.ts";
import type { LimitState } from "../health/ledger.ts";
import { formatCandidate, type ReferenceStep, type Resolution } from "./references.ts";

/** One step from a name to the providers that are asked, in the order of asking. */
export type ExplainStep = ReferenceStep | CandidateStep;

/** What would become of a candidate now. */
export interface CandidateStep {
  readonly type: "candidate";
  /** `provider/model`, or the provider alone where no model is named. */
  readonly name: string;
  /** The provider's id. */
  readonly provider: string;
  /** The model's id; absent where none is asked for by name. */
  readonly model?: string | undefined;
  /** Which of the keys it would be asked with; absent where the settings hold no list of them. */
  readonly key?: AttemptKey | undefined;
  /** `asked` if those before it fail. */
  readonly outcome: "asked" | "skipped";
  /** What the health store knows of it. */
  readonly state: Health["state"];
  /** The failure behind the state, or the code of what the card denies. */
  readonly code?: ChatErrorCode | undefined;
  /** Why it is not asked in its turn. */
  readonly reason?: string | undefined;
  /** When the state began. */
  readonly since?: Date | undefined;
  /** When the state ends by itself. */
  readonly until?: Date | undefined;
  /** What would end the state. */
  readonly endedBy?: string | undefined;
  /** What is left of the limits of its key and model. */
  readonly limits?: readonly CandidateLimit[] | undefined;
  /** What its model refused, so that calls which need it are not sent there; plain chat is. */
  readonly refused?: readonly RefusedAbility[] | undefined;
}

/** What is left of one limit. */
export interface CandidateLimit extends Omit<LimitState, "remainingMs"> {
  /** When all of it is there again; absent where nothing of it is spent. */
  readonly until?: Date | undefined;
  /** All of it in words: "12 of 30 requests left this minute (told by the server)". */
  readonly text: string;
}

/** What a model refuses for a while. */
export interface RefusedAbility {
  /** An ability, or several that were refused together, joined by `+`. */
  readonly need: string;
  /** When a call that needs it is let through again. */
  readonly until: Date;
}

/** The steps behind a reference, and what its candidates' cards and health say now. */
export async function explainResolution(
  { steps, plan: planFor }: Resolution,
  health: HealthStore,
  needs: readonly Need[],
): Promise<readonly ExplainStep[]> {
  const plan = planFor({ needs });
  const known = await Promise.all(
    plan.map(async (planned) => ({
      planned,
      health: await health.peek(planned.subject, { limits: planned.limits }),
    })),
  );
  const able = known.filter(({ planned }) => planned.skip === undefined);
  const all = able.every((one) => isCooling(one.health));
  return [...steps, ...known.map(({ planned, health }) => explainCandidate(planned, health, all))];
}

/** `all`: every candidate cools down, so the chain asks those that it may ask. */
function explainCandidate(planned: Planned, health: Health, all: boolean): CandidateStep {
  const { provider, model } = planned.subject;
  const now = Date.now();
  const skip = planned.skip ?? skipFor(health, now);
  const waits = isCooling(health) && !(all && health.state !== "refused");
  const { state, openMs, remainingMs, refused, limits } = health;
  return {
    type: "candidate",
    name: formatCandidate(planned),
    provider,
    ...(model === undefined ? {} : { model }),
    ...(planned.key && { key: { position: planned.key.place + 1, mark: planned.key.mark } }),
    outcome: planned.skip !== undefined || waits ? "skipped" : "asked",
    state,
    ...skip,
    ...(state === "well"
      ? {}
      : { since: new Date(now - openMs), until: new Date(now + remainingMs), endedBy: endOf(health) }),
    ...(limits === undefined ? {} : { limits: limits.map((one) => limitOf(one, now)) }),
    ...(refused === undefined ? {} : { refused: refused.map((one) => refusedUntil(one, now)) }),
  };
}

function limitOf(state: LimitState, now: number): CandidateLimit {
  const { remainingMs, ...facts } = state;
  const until = remainingMs === 0 ? undefined : new Date(now + remainingMs);
  return { ...facts, ...(until === undefined ? {} : { until }), text: formatLimit(state) };
}

function refusedUntil({ need, remainingMs }: RefusedNeed, now: number): RefusedAbility {
  return { need, until: new Date(now + remainingMs) };
}

/** Whether it is not asked as long as another may be. */
function isCooling({ state, remainingMs }: Health): boolean {
  return state === "cooling" || state === "refused" || (state === "probing" && remainingMs > 0);
}
