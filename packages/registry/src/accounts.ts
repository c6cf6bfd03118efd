import type { ChatError } from "@fallthrough/core";
import type { HealthStore, Permit } from "./health.ts";
import { isLocalFault } from "./offline.ts";
import type { Policy } from "./policy.ts";

/** Tells the health store what came of the attempts of one call. */
export interface Accounts {
  succeed(permit: Permit): void;
  fail(permit: Permit, error: ChatError): void;
  release(permit: Permit): void;
  /** Counts the failures that were held back until it was known whether this machine is offline, or drops them. */
  close(offline: boolean): void;
}

/** Accounts for one call. */
export function createAccounts(health: HealthStore, policy: Policy): Accounts {
  let held: (readonly [Permit, ChatError])[] = [];

  function count(permit: Permit, error: ChatError): void {
    const { health: effect, hard, ...lengths } = policy[error.code];
    if (effect === "none") {
      release(permit);
      return;
    }
    const { code, scope, origin, retryAfterMs } = error;
    const facts = { code, scope, origin, retryAfterMs, effect };
    const stated = hard === "stated" && retryAfterMs !== undefined;
    tell(() => health.fail(permit, { ...lengths, ...facts, hard: hard === "always" || stated }));
  }

  function release(permit: Permit): void {
    tell(() => health.release(permit));
  }

  return {
    succeed(permit) {
      tell(() => health.succeed(permit));
    },
    fail(permit, error) {
      if (isLocalFault(error)) held.push([permit, error]);
      else count(permit, error);
    },
    release,
    close(offline) {
      for (const [permit, error] of held) {
        if (offline) release(permit);
        else count(permit, error);
      }
      held = [];
    },
  };
}

/** Nobody waits for a store to take note, and a store that fails takes no answer away. */
function tell(operation: () => void | Promise<void>): void {
  try {
    operation()?.catch(() => {});
  } catch {
    // a store that throws is one that fails
  }
}
