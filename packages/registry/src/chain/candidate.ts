import type { ChatErrorCode, ChatProvider, ChatRequest, ModelCard, Need } from "@fallthrough/core";
import { declaredAbility, deniedCapability, findModel, instanceSettings } from "@fallthrough/core/internal";
import { absenceOf, formatAbsence } from "../discovery/absence.ts";
import type { HealthSubject } from "../health/health.ts";
import type { DeclaredLimits } from "../health/ledger.ts";

/** One provider and model that a chain may ask. */
export interface Candidate {
  /** The provider that is asked. */
  readonly provider: ChatProvider;
  /** The model that it is asked for. @default the model of the request, or else the provider's first */
  readonly model?: string | undefined;
  /** Asked for by name, so that being retired does not rule it out. @default false */
  readonly explicit?: boolean | undefined;
}

/** What is asked of a candidate in one call. */
interface Asked {
  readonly model?: ChatRequest["model"];
  readonly needs: readonly Need[];
}

/** Why a candidate is not asked. */
export interface Skip {
  /** The code of the failure that asking would repeat. */
  readonly code?: ChatErrorCode | undefined;
  /** Why it is skipped, for people. */
  readonly reason: string;
}

/** Which of the keys of a candidate is meant; those of one server follow each other. */
interface CandidateKey {
  /** Its place among the keys, from 0 on. */
  readonly place: number;
  /** An opaque mark of it. */
  readonly mark: string;
  /** The candidate whose key it is: the same object for all of its keys. */
  readonly of: Candidate;
}

/** A candidate with what its card says about the need. */
export interface Planned extends Candidate {
  /** What its health is kept by. */
  readonly subject: HealthSubject;
  /** The key that it is asked with; absent where there are not several. */
  readonly key: CandidateKey | undefined;
  /** The card of the model, where the provider has one. */
  readonly card: ModelCard | undefined;
  /** The longest silence before the first content that the instance's own settings accept. */
  readonly firstChunkMs: number | undefined;
  /** What its server takes by its settings. */
  readonly limits: DeclaredLimits | undefined;
  /** Its server is on this machine or in a private network, where a model is loaded first. */
  readonly nearby: boolean;
  /** Why it is skipped; absent where it is asked. */
  readonly skip: Skip | undefined;
}

/** The candidates in the order of asking: those whose card is silent about something needed come last. */
export type Plan = (asked: Asked) => readonly Planned[];

/** A plan that may have to ask servers first which models they have. */
export type LaterPlan = (
  asked: Asked,
  signal: AbortSignal | undefined,
) => readonly Planned[] | Promise<readonly Planned[]>;

/** The plan of these candidates; for a request that needs nothing special it is made once. */
export function planCandidates(candidates: readonly Candidate[]): Plan {
  let usual: readonly Planned[] | undefined;
  const all = candidates.flatMap(withEachKey);
  // a health store finds what it knows of a subject faster when the subject is the same
  const subjects = new Map<Keyed, HealthSubject>();
  const subjectOf: SubjectOf = (keyed, model, needs) => {
    const known = subjects.get(keyed);
    if (known !== undefined && known.model === model && isSame(known.needs, needs)) return known;
    const { provider } = keyed.candidate;
    const { origin, key = keyed.key?.mark } = instanceSettings(provider);
    const subject: HealthSubject = { provider: provider.id, model, needs, origin, key };
    subjects.set(keyed, subject);
    return subject;
  };
  return (asked) => {
    if (asked.model !== undefined || asked.needs.length > 0) return orderCandidates(all, asked, subjectOf);
    usual ??= orderCandidates(all, asked, subjectOf);
    return usual;
  };
}

/** A candidate with one of its keys. */
interface Keyed {
  readonly candidate: Candidate;
  readonly key: CandidateKey | undefined;
}

function withEachKey(candidate: Candidate): readonly Keyed[] {
  const { keys } = instanceSettings(candidate.provider);
  if (keys === undefined) return [{ candidate, key: undefined }];
  return keys.map((mark, place) => ({ candidate, key: { place, mark, of: candidate } }));
}

type SubjectOf = (keyed: Keyed, model: string | undefined, needs: HealthSubject["needs"]) => HealthSubject;

function isSame(known: HealthSubject["needs"] = [], needs: HealthSubject["needs"] = []): boolean {
  return known.length === needs.length && known.every((need, place) => need === needs[place]);
}

function orderCandidates(all: readonly Keyed[], asked: Asked, subjectOf: SubjectOf): readonly Planned[] {
  const planned = all.map((keyed) => planCandidate(keyed, asked, subjectOf));
  const isSilent = ({ card, skip }: Planned) =>
    skip === undefined && asked.needs.some((need) => declaredAbility(card, need) !== true);
  return planned.toSorted((a, b) => Number(isSilent(a)) - Number(isSilent(b)));
}

function planCandidate(keyed: Keyed, asked: Asked, subjectOf: SubjectOf): Planned {
  const { candidate, key } = keyed;
  const { provider } = candidate;
  const model = candidate.model ?? asked.model;
  const card = findModel(provider, model);
  const { timeouts, limits, nearby = false } = instanceSettings(provider);
  const needs = asked.needs.length === 0 ? undefined : asked.needs;
  return {
    ...candidate,
    model,
    key,
    card,
    subject: subjectOf(keyed, card?.id ?? (model || undefined), needs),
    firstChunkMs: timeouts?.firstChunkMs,
    limits: declaredLimits(limits),
    nearby,
    skip: skipFor(candidate, card, asked),
  };
}

/** The same object in each call, because a ledger reads what is declared again where that is another one. */
function declaredLimits(limits: DeclaredLimits | undefined): DeclaredLimits | undefined {
  return limits?.requests === undefined && limits?.tokens === undefined ? undefined : limits;
}

function skipFor(
  { provider, explicit }: Candidate,
  card: ModelCard | undefined,
  { needs }: Asked,
): Skip | undefined {
  const { state, checked } = provider.status;
  if (state === "retired" && !explicit) return { reason: `retired, as of ${checked}` };
  const absence = absenceOf(provider);
  if (absence?.askable === false) return { code: "config", reason: formatAbsence(absence) };
  const lacking = deniedCapability(card, needs);
  return lacking && { code: "unsupported", reason: `does not do ${lacking}` };
}
