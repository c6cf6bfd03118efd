import type { ChatError, Usage } from "@fallthrough/core";
import type { RateLimit } from "@fallthrough/core/internal";
import { isLocalFault, isMachineFault } from "../chain/offline.ts";
import type { Health, HealthFailure, HealthStore, Permit } from "./health.ts";
import { type CodePolicy, type Policy, policyOf } from "./policy.ts";

/** Tells the health store what came of attempts. */
export interface Accounts {
  /** Reports the first content. */
  commit(permit: Permit): void;
  /** Reports what the headers of an answer say about limits. */
  note(permit: Permit, limits: readonly RateLimit[]): void;
  /** Reports that the candidate answered, with the tokens that it counted. */
  succeed(permit: Permit, usage: Usage | undefined): void;
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

/** A failure that nobody saw. */
export type HeldFailure = readonly [Permit, ChatError];

const WELL: Health = { state: "well", remainingMs: 0, openMs: 0, repeats: 0 };

/** Accounts for all calls of a chain. */
export function createAccounts(health: HealthStore, policy: Policy): Accounts {
  function count(permit: Permit, error: ChatError): Health | undefined {
    const failure = failureOf(policyOf(policy, error.code), error, permit);
    // the next provider would fail in the same way, so this one is not to blame
    if (failure === undefined || isMachineFault(error)) {
      release(permit);
      return WELL;
    }
    return tell(() => health.fail(permit, failure)) as Health | undefined;
  }

  function release(permit: Permit, silent = false): void {
    tell(() => health.release(permit, { silent }));
  }

  return {
    commit(permit) {
      tell(() => health.commit?.(permit));
    },
    note(permit, limits) {
      tell(() => health.note?.(permit, limits));
    },
    succeed(permit, usage) {
      tell(() => health.succeed(permit, usage));
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

/** What there is to remember of a failure; `undefined` for nothing. */
function failureOf(policy: CodePolicy, error: ChatError, { subject }: Permit): HealthFailure | undefined {
  const { scope, need } = error;
  const { needs = [] } = subject;
  // a refusal of what was not asked for is a mistake of the server, and nothing that a later call could avoid
  if (scope === "need" && (needs.length === 0 || (need !== undefined && !needs.includes(need))))
    return undefined;
  if (scope !== "model" || policy.model === undefined) return failureBy(policy, error);
  const { cooldownMs = policy.cooldownMs } = policy.model;
  const own = { ...policy, ...policy.model, cooldownMs: Math.min(cooldownMs, policy.cooldownMs) };
  const failure = failureBy(own, error);
  const second = failureBy(policy, error);
  return failure && { ...failure, second: second && { ...second, scope: "key" } };
}

function failureBy(
  { health: effect, cooldownMs, factor, longestMs, hard }: CodePolicy,
  { code, scope, need, origin, retryAfterMs }: ChatError,
): HealthFailure | undefined {
  if (effect === "none" || scope === "request") return undefined;
  const isHard = hard === "always" || (hard === "stated" && retryAfterMs !== undefined);
  const facts = { code, scope, need, origin, retryAfterMs };
  return { ...facts, effect, cooldownMs, factor, longestMs, hard: isHard };
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
