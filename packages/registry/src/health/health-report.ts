import type { ChatError } from "@fallthrough/core";
import { isLocalFault } from "../chain/offline.ts";
import type { HealthStore, Permit } from "./health.ts";
import { type Policy, policyOf } from "./policy.ts";

/** Tells the health store what came of attempts. */
export interface Accounts {
  /** Reports that the candidate answered. */
  succeed(permit: Permit): void;
  /** Counts a failure, or holds it back until it is known whether this machine is offline. */
  fail(permit: Permit, error: ChatError, held: HeldFailure[]): void;
  /** Gives a probe back that said nothing. */
  release(permit: Permit): void;
  /** Counts what a call held back, or drops it. */
  settle(held: HeldFailure[], offline: boolean): void;
}

/** A failure that nobody was told of. */
export type HeldFailure = readonly [Permit, ChatError];

/** Accounts for all calls of a chain. */
export function createAccounts(health: HealthStore, policy: Policy): Accounts {
  function count(permit: Permit, error: ChatError): void {
    const { health: effect, hard, ...lengths } = policyOf(policy, error.code);
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
    fail(permit, error, held) {
      if (isLocalFault(error)) held.push([permit, error]);
      else count(permit, error);
    },
    release,
    settle(held, offline) {
      for (const [permit, error] of held.splice(0)) {
        if (offline) release(permit);
        else count(permit, error);
      }
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
