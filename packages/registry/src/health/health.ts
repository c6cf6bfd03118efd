import type { ChatErrorCode, FailureScope, Need, Usage } from "@fallthrough/core";
import type { RateLimit } from "@fallthrough/core/internal";
import type { DeclaredLimits, LimitState } from "./ledger.ts";
import type { CodePolicy } from "./policy.ts";

/** Whom a call is about. Two instances of one provider, with two keys or two servers, are two. */
export interface HealthSubject {
  /** The provider's id. */
  readonly provider: string;
  /** The model's id; absent where none is asked for by name. */
  readonly model?: string | undefined;
  /** What the call needs; absent for plain chat. */
  readonly needs?: readonly Need[] | undefined;
  /** The server with its base path, where it is known before it fails. */
  readonly origin?: string | undefined;
  /** An opaque mark of the instance's key, never the key; absent where the settings hold none. */
  readonly key?: string | undefined;
}

/** A failure, with what the policy says to remember of it. */
export interface HealthFailure extends Pick<CodePolicy, "cooldownMs" | "factor" | "longestMs"> {
  /** What happened. */
  readonly code: ChatErrorCode;
  /** What the failure says something about. */
  readonly scope: Exclude<FailureScope, "request">;
  /** What of the request was refused; all needs of the call where the server named none. */
  readonly need?: Need | undefined;
  /** What it is instead, where a second model of the same key fails so. */
  readonly second?: HealthFailure | undefined;
  /** The server that failed, where it is known. */
  readonly origin?: string | undefined;
  /** What is remembered; `cool` and `park` at once, `count` after three in a row. */
  readonly effect: Exclude<CodePolicy["health"], "none">;
  /** Milliseconds that the server asked to wait; with them even a `count` cools down at once. */
  readonly retryAfterMs?: number | undefined;
  /** Asking before the end is pointless. */
  readonly hard: boolean;
}

/**
 * What is known of a subject.
 *
 * `well` may be asked. `suspect` is asked after the others, because calls wait for it in silence. `cooling` is asked
 * when nobody else is left. `refused` is not asked before the end. `probing` is after a cooldown: with `remainingMs`
 * of 0 the next call is the probe, above 0 a probe is under way.
 */
export interface Health {
  /** How it is now. */
  readonly state: "well" | "suspect" | "cooling" | "probing" | "refused";
  /** Milliseconds until the state ends by itself: the suspicion, the cooldown, or the lease of the probe. */
  readonly remainingMs: number;
  /** Milliseconds since the state began; 0 while it is well. */
  readonly openMs: number;
  /** The failure that ended being well. */
  readonly code?: ChatErrorCode | undefined;
  /** How hard that failure is; a `count` may pass any moment. */
  readonly effect?: HealthFailure["effect"] | "suspect" | undefined;
  /** How often that code came in a row. */
  readonly repeats: number;
  /** What the model refuses, where the state is for calls that need it, and not for plain chat. */
  readonly need?: string | undefined;
  /** The limit that has no room, where that is why it is `refused`. */
  readonly lacking?: LimitState | undefined;
  /** What is left of the limits of the key and model; only `peek` returns it. */
  readonly limits?: readonly LimitState[] | undefined;
  /** What the model refuses whatever the state is; only `peek` returns it. */
  readonly refused?: readonly RefusedNeed[] | undefined;
}

/** What a model refuses for a while, though plain chat with it goes on. */
export interface RefusedNeed {
  /** An ability, or several that were refused together, joined by `+`. */
  readonly need: string;
  /** Milliseconds until a call that needs it is let through. */
  readonly remainingMs: number;
}

/** Leave to make one call. Its caller reports `commit` at the first content, and once `succeed`, `fail` or `release`. */
export interface Permit {
  /** Tells a permit from a refusal. */
  readonly admitted: true;
  /** What may be asked. */
  readonly subject: HealthSubject;
  /** Names the probe, where this call is one. */
  readonly probe?: string | undefined;
  /** How long a probe into silence is to wait for the first content while others may be asked, in milliseconds. */
  readonly patienceMs?: number | undefined;
}

/** No leave to make a call now. */
export interface Refusal extends Health {
  /** Tells a refusal from a permit. */
  readonly admitted: false;
  /** Milliseconds since it was last asked, where that is known. */
  readonly askedMs?: number | undefined;
  /** Settles when the probe that is under way has its first content or has failed; a store may leave it out. */
  readonly settled?: Promise<void> | undefined;
}

/** What a caller of `admit` accepts and wants to be known. */
export interface AdmitOptions {
  /**
   * Takes what is not well: `suspect` one that is suspect, `cooling` also one that cools down, but not many callers at
   * once, `alone` also then, because there is no other. None takes one that is `refused`.
   */
  readonly insist?: "suspect" | "cooling" | "alone" | undefined;
  /** The longest silence before the first content, in milliseconds; 0 is no limit. */
  readonly firstChunkMs?: number | undefined;
  /** What the server takes by its preset or its settings. */
  readonly limits?: DeclaredLimits | undefined;
  /** Counts the characters of the request; called where tokens are limited. */
  readonly characters?: (() => number) | undefined;
}

/** How much may be asked of a key and model. */
export interface Room {
  /** What is left of the limit of which least is left, from 0 to 1; 1 where none is known. */
  readonly share: number;
  /** Milliseconds since it was last asked, where that is known. */
  readonly askedMs?: number | undefined;
}

/**
 * Remembers failures for all chains that share it.
 *
 * Every operation is atomic, so that a store of several processes can keep the one-probe rule; a store that can fail
 * handles that itself, by going on with what it knows locally. A cooldown is never shortened by a later failure.
 */
export interface HealthStore {
  /** What is known now, for `explain()`; takes nothing. */
  peek(subject: HealthSubject, options?: Pick<AdmitOptions, "limits">): Health | Promise<Health>;
  /** How much may be asked of a subject, to choose among several keys; takes nothing. A store may leave it out. */
  room?(subject: HealthSubject, options?: Pick<AdmitOptions, "limits">): Room | Promise<Room>;
  /** Leave to call, or why not. */
  admit(subject: HealthSubject, options?: AdmitOptions): Permit | Refusal | Promise<Permit | Refusal>;
  /** The first content came: whoever waits for this probe may go. A store may leave it out. */
  commit?(permit: Permit): void | Promise<void>;
  /** Takes what the headers of an answer say about the server's limits, before the body comes. A store may leave it out. */
  note?(permit: Permit, limits: readonly RateLimit[]): void | Promise<void>;
  /** The answer came, whole; with the tokens that the server counted. */
  succeed(permit: Permit, usage?: Usage): void | Promise<void>;
  /** The call failed; gives what that makes of the subject, where the store knows it at once. */
  fail(permit: Permit, failure: HealthFailure): Health | undefined | Promise<unknown>;
  /** The call said nothing about the subject, or ended in silence; gives the slot of a probe back. */
  release(permit: Permit, options?: { readonly silent?: boolean | undefined }): void | Promise<void>;
  /** Forgets what it knows of this instance, or of all. A store may leave it out. */
  reset?(instance?: Omit<HealthSubject, "model">): void | Promise<void>;
}
