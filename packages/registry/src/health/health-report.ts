import type { ChatError } from "@fallthrough/core";
import { isLocalFault, isMachineFault } from "../chain/offline.ts";
import type { Health, HealthStore, Permit } from "./health.ts";
import { type Policy, policyOf } from "./policy.ts";

/** Tells the health store what came of attempts. */
export interface Accounts {
  /** Reports the first content. */
  commit(permit: Permit): void;
  /** Reports that the candidate answered. */
  succeed(permit: Permit): void;
  /**
   * Counts a failure, or holds it back until it is known whether this machine is offline.
   *
   * Gives what the failure made of the one that was asked, where the store knows that at once.
   */
  fail(permit: Permit, error: ChatError, held: HeldFailure[]): Health | undefined;
  /** Tells nothing about the subject; `silent` where the call was left before anything came. */
  release(permit: Permit, silent?: boolean): void;
  /** Counts what a call held back, or drops it. */
  settle(held: HeldFailure[], offline: boolean): void;
}

/** A failure that nobody was told of. */
export type HeldFailure = readonly [Permit, ChatError];

const WELL: Health = { state: "well", remainingMs: 0, openMs: 0, repeats: 0 };

/** Accounts for all calls of a chain. */
export function createAccounts(health: HealthStore, policy: Policy): Accounts {
  function count(permit: Permit, error: ChatError): Health | undefined {
    const { health: effect, hard, ...lengths } = policyOf(policy, error.code);
    // the next provider would fail in the same way, so this one is not to blame
    if (effect === "none" || isMachineFault(error)) {
      release(permit);
      return WELL;
    }
    const { code, scope, origin, retryAfterMs } = error;
    const facts = { code, scope, origin, retryAfterMs, effect };
    const stated = hard === "stated" && retryAfterMs !== undefined;
    const failure = { ...lengths, ...facts, hard: hard === "always" || stated };
    return tell(() => health.fail(permit, failure)) as Health | undefined;
  }

  function release(permit: Permit, silent = false): void {
    tell(() => health.release(permit, { silent }));
  }

  return {
    commit(permit) {
      tell(() => health.commit?.(permit));
    },
    succeed(permit) {
      tell(() => health.succeed(permit));
    },
    fail(permit, error, held) {
      if (!isLocalFault(error)) return count(permit, error);
      held.push([permit, error]);
      return undefined;
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
function tell(operation: () => unknown): unknown {
  try {
    const told = operation();
    if (!(told instanceof Promise)) return told;
    told.catch(() => {});
  } catch {
    // a store that throws is one that fails
  }
  return undefined;
}
