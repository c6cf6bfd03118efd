import type { ChatErrorCode, FailureScope } from "@fallthrough/core";
import type { CodePolicy } from "./policy.ts";

/** Whom a call is about. */
export interface HealthSubject {
  /** The provider's id. */
  readonly provider: string;
  /** The model's id. */
  readonly model: string;
  /** The server, where it is known before it fails. */
  readonly origin?: string | undefined;
}

/** A failure, with what the policy says to remember of it. */
export interface HealthFailure extends Pick<CodePolicy, "cooldownMs" | "factor" | "longestMs"> {
  /** What happened. */
  readonly code: ChatErrorCode;
  /** What the failure says something about. */
  readonly scope: FailureScope;
  /** The origin of the server that failed. */
  readonly origin?: string | undefined;
  /** What the policy does to the scope. */
  readonly effect: Exclude<CodePolicy["health"], "none">;
  /** What the server asked for; only a `cool` effect heeds it. */
  readonly retryAfterMs?: number | undefined;
  /** Whether a single candidate is skipped for it, too. */
  readonly hard: boolean;
}

/**
 * What is known of a subject.
 *
 * `ready` may be asked; `cooling` not yet; `half-open` by one caller, the probe; `probing` has that caller already.
 */
export interface Health {
  /** Whether it can be asked now. */
  readonly state: "ready" | "cooling" | "half-open" | "probing";
  /** Milliseconds until the cooldown, or the lease of the probe, ends. */
  readonly remainingMs: number;
  /** Milliseconds since the breaker opened. */
  readonly openMs: number;
  /** The failure that opened it. */
  readonly code?: ChatErrorCode | undefined;
  /** What the last failure did. */
  readonly effect?: HealthFailure["effect"] | undefined;
  /** Asking before the end is pointless. */
  readonly hard: boolean;
  /** How often that code came in a row. */
  readonly repeats: number;
}

/** Leave to make one call; its caller reports once, by `succeed`, `fail` or `release`. */
export interface Permit {
  /** What may be asked. */
  readonly subject: HealthSubject;
  /** Names the probe, where this call is one. */
  readonly probe?: string | undefined;
}

/**
 * Remembers failures for all chains that share it.
 *
 * Every operation is atomic, so that a store of several processes can keep the one-probe rule; a store that can fail
 * handles that itself, by going on with what it knows locally. A cooldown is never shortened by a later failure.
 */
export interface HealthStore {
  /** What is known now; takes nothing. */
  peek(subject: HealthSubject): Health;
  /** Leave to call, or `undefined`; with `force` also during a cooldown. */
  admit(
    subject: HealthSubject,
    options?: { readonly force?: boolean | undefined },
  ): Permit | undefined | Promise<Permit | undefined>;
  /** The answer came, whole. */
  succeed(permit: Permit): void | Promise<void>;
  /** Remembers a failure. */
  fail(permit: Permit, failure: HealthFailure): void | Promise<void>;
  /** The call said nothing about the subject: gives the slot of a probe back. */
  release(permit: Permit): void | Promise<void>;
}
