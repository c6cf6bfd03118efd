import { ChatError } from "@fallthrough/core";
import type { Budget } from "./budget.ts";
import type { Planned, Skip } from "./candidate.ts";
import { isOffline } from "./offline.ts";
import type { Policy } from "./policy.ts";
import type { RouteLog } from "./route-log.ts";

/** What one call's failures mean for the candidates that are left. */
export interface Rules {
  /** Why this one is not asked. */
  skipOf(planned: Planned): Skip | undefined;
  /** Whether this failure, already in the log, ends the call. */
  isFinal(reason: unknown, planned: Planned): boolean;
  /** Whether the same candidate gets one more try. */
  mayAskAgain(reason: unknown): boolean;
}

/** The rules of one call. */
export function createRules(policy: Policy, log: RouteLog, budget: Budget): Rules {
  /** Once a request was too long: the window that only a larger one may try after. */
  let triedWindow: number | undefined;

  return {
    skipOf({ skip, card }) {
      if (skip !== undefined || triedWindow === undefined) return skip;
      if (card?.contextWindow !== undefined && card.contextWindow > triedWindow) return undefined;
      return { code: "context-length", reason: "declares no larger context window" };
    },
    isFinal(reason, { card }) {
      if (!(reason instanceof ChatError)) return false;
      const { code } = reason;
      // the time of one provider, or of a chain inside this one, is not the time of this one
      if (code === "deadline" && !budget.expired()) return false;
      const { next } = policy[code];
      if (next === "larger-window") triedWindow = Math.max(triedWindow ?? 0, card?.contextWindow ?? 0);
      if (next === "second-opinion") return log.errors().filter((error) => error.code === code).length > 1;
      return next === "stop";
    },
    mayAskAgain(reason) {
      if (!(reason instanceof ChatError) || isOffline(log.errors())) return false;
      const { again } = policy[reason.code];
      return again === "once" || (again === "unopened" && reason.phase === "connect");
    },
  };
}
