import type { Capability, ChatErrorCode } from "@fallthrough/core";
import { chooseForced, coolingSkip } from "../health/admission.ts";
import type { HealthStore } from "../health/health.ts";
import { formatCandidate, type ReferenceStep, type Resolution } from "./references.ts";

/** One step from a name to the providers that are asked, in the order of asking. */
export type ExplainStep = ReferenceStep | CandidateStep;

/** What would become of a candidate now. */
export interface CandidateStep {
  readonly type: "candidate";
  /** `provider/model`. */
  readonly name: string;
  /** The id of the provider. */
  readonly provider: string;
  /** The model that it would be asked for. */
  readonly model: string;
  /** `asked` if those before it fail. */
  readonly outcome: "asked" | "skipped";
  /** The code for which it would be skipped. */
  readonly code?: ChatErrorCode | undefined;
  /** Why it would be skipped, for people. */
  readonly reason?: string | undefined;
}

/** The steps behind a reference, and what its candidates' cards and health say now. */
export function explainResolution(
  { steps, plan: planFor }: Resolution,
  health: HealthStore,
  capabilities: readonly Capability[],
): readonly ExplainStep[] {
  const plan = planFor({ capabilities });
  const { forced } = chooseForced(plan, health);
  const explained = plan.map((planned): CandidateStep => {
    const cooling = coolingSkip(health.peek(planned.subject));
    const facts = { type: "candidate", name: formatCandidate(planned), ...planned.subject } as const;
    if (planned === forced) return { ...facts, outcome: "asked", ...cooling };
    const skip = planned.skip ?? cooling;
    return skip === undefined ? { ...facts, outcome: "asked" } : { ...facts, outcome: "skipped", ...skip };
  });
  return [...steps, ...explained];
}
