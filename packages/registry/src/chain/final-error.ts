import { ChatError } from "@fallthrough/core";
import { settleStack } from "@fallthrough/core/internal";
import { ChainExhaustedError } from "./exhausted.ts";
import { isOffline } from "./offline.ts";
import type { RouteLog } from "./route-log.ts";

/** The failure of a call that nobody answered. */
export function verdictOn(log: RouteLog, retryAt: Date | undefined): Error {
  const errors = log.errors();
  if (isOffline(errors)) {
    const problem = "no provider could be reached, this machine seems to be offline";
    const error = new ChatError("offline", problem, { cause: errors.at(-1), route: log.route() });
    settleStack(error);
    return error;
  }
  return new ChainExhaustedError(log.outcomes, retryAt);
}
