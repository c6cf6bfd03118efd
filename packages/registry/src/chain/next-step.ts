import { ChatError } from "@fallthrough/core";
import { type Policy, policyOf } from "../health/policy.ts";
import { type Budget, isExpired } from "./budget.ts";
import type { Planned, Skip } from "./candidate.ts";
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
  /** Once a request was too long: the window that only a larger one may try after. */
  triedWindow?: number;
}

/** Why this one is not asked. */
export function skipOf({ triedWindow }: Rules, { skip, card }: Planned): Skip | undefined {
  if (skip !== undefined || triedWindow === undefined) return skip;
  if (card?.contextWindow !== undefined && card.contextWindow > triedWindow) return undefined;
  return { code: "context-length", reason: "declares no larger context window" };
}

/** Whether this failure, already in the log, ends the call. */
export function isFinal(rules: Rules, reason: unknown, { card }: Planned): boolean {
  if (!(reason instanceof ChatError)) return false;
  const { policy, log, budget } = rules;
  const { code } = reason;
  // the time of one provider, or of a chain inside this one, is not the time of this one
  if (code === "deadline" && !isExpired(budget, performance.now())) return false;
  const { next } = policyOf(policy, code);
  if (next === "larger-window")
    rules.triedWindow = Math.max(rules.triedWindow ?? 0, card?.contextWindow ?? 0);
  if (next === "second-opinion") return log.errors().filter((error) => error.code === code).length > 1;
  return next === "stop";
}

/** Whether the same candidate gets one more try. */
export function mayAskAgain({ policy, log }: Rules, reason: unknown): boolean {
  if (!(reason instanceof ChatError) || isOffline(log.errors())) return false;
  const { again } = policyOf(policy, reason.code);
  return again === "once" || (again === "unopened" && reason.phase === "connect");
}
