import { ChatError } from "@fallthrough/core";
import { settleStack } from "@fallthrough/core/internal";
import type { HealthStore } from "../health/health.ts";
import type { Planned } from "./candidate.ts";
import { ChainExhaustedError } from "./exhausted.ts";
import { isOffline } from "./offline.ts";
import type { RouteLog } from "./route-log.ts";

/** The failure of a call that nobody answered. */
export function verdictOn(plan: readonly Planned[], log: RouteLog, health: HealthStore): Error {
  const errors = log.errors();
  if (isOffline(errors)) {
    const problem = "no provider could be reached, this machine seems to be offline";
    const error = new ChatError("offline", problem, { cause: errors.at(-1), route: log.route() });
    settleStack(error);
    return error;
  }
  const waits = plan.flatMap(({ subject, skip }) => {
    const { state, remainingMs } = health.peek(subject);
    return skip === undefined && state === "cooling" ? [remainingMs] : [];
  });
  return new ChainExhaustedError(
    log.outcomes,
    waits.length === 0 ? undefined : new Date(Date.now() + Math.min(...waits)),
  );
}
