import { ChatError, type ChatErrorCode, type ChatProvider } from "@fallthrough/core";
import { maySpeakOfKey } from "@fallthrough/core/internal";
import { type Policy, policyOf } from "../health/policy.ts";
import { type Budget, isExpired } from "./budget.ts";
import type { Candidate, Planned, Skip } from "./candidate.ts";
import { isOffline } from "./offline.ts";
import type { RouteLog } from "./route-log.ts";

/** What decides what one call's failures mean for the candidates that are left. */
export interface Rules {
  /** What follows each error code. */
  readonly policy: Policy;
  /** The route so far. */
  readonly log: RouteLog;
  /** The time that is left. */
  readonly budget: Budget;
  /** Once a request was too long: the largest window that is known to be too small, 0 where none is known. */
  triedWindow?: number;
  /** Those whose failure no other key of theirs would mend, with its code. */
  readonly beyondKeys: Map<Candidate, ChatErrorCode>;
  /** The context window that a server listed for a model. */
  readonly listedWindow: ListedWindow | undefined;
}

/** The context window that the server of a provider listed for a model, where it did; asks nobody. */
export type ListedWindow = (provider: ChatProvider, model: string) => number | undefined;

/** Why this one is not asked. */
export function skipOf(rules: Rules, planned: Planned): Skip | undefined {
  const { triedWindow, beyondKeys } = rules;
  const beyond = planned.key && beyondKeys.get(planned.key.of);
  if (beyond !== undefined)
    return { code: beyond, reason: "failed with another key, and not because of that" };
  if (planned.skip !== undefined || triedWindow === undefined) return planned.skip;
  const window = windowOf(rules, planned);
  if (window === undefined || window > triedWindow) return undefined;
  return {
    code: "context-length",
    reason: `its window of ${window} is not larger than one that was too small`,
  };
}

/** Whether this failure, already in the log, ends the call. */
export function isFinal(rules: Rules, reason: unknown, planned: Planned): boolean {
  if (!(reason instanceof ChatError)) return false;
  const { policy, budget, beyondKeys } = rules;
  const { code } = reason;
  if (planned.key !== undefined && !maySpeakOfKey(code)) beyondKeys.set(planned.key.of, code);
  // the time of one provider, or of a chain inside this one, is not the time of this one
  if (code === "deadline" && !isExpired(budget, performance.now())) return false;
  const { next } = policyOf(policy, code);
  if (next === "larger-window")
    rules.triedWindow = Math.max(rules.triedWindow ?? 0, windowOf(rules, planned) ?? 0);
  return next === "stop";
}

function windowOf({ listedWindow }: Rules, { card, provider, subject }: Planned): number | undefined {
  return card?.contextWindow ?? listedWindow?.(provider, subject.model ?? "");
}

/** Whether the same candidate gets one more try. */
export function mayAskAgain({ policy, log }: Rules, reason: unknown): boolean {
  if (!(reason instanceof ChatError) || isOffline(log.errors())) return false;
  const { again } = policyOf(policy, reason.code);
  return again === "once" || (again === "unopened" && reason.phase === "connect");
}
