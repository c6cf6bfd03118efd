import type { ChatErrorCode } from "@fallthrough/core";

/**
 * What a chain does about one code.
 *
 * `again` is one more try on the same candidate when no other is left: `unopened` only where the connection never
 * opened. `next` is what follows before the commit: another candidate, one whose window is larger or unknown, or nobody.
 * What is wrong with a request for everybody is found by our own check, so no refusal of one service ends a call. `health` is what is remembered: `count` opens the breaker after three in a row, `cool` and
 * `park` at once.
 */
export interface CodePolicy {
  /** Whether the same provider is asked once more. */
  readonly again: "never" | "once" | "unopened";
  /** Whether another candidate is asked. */
  readonly next: "yes" | "stop" | "larger-window";
  /** What is remembered of the scope. */
  readonly health: "none" | "count" | "cool" | "park";
  /** Milliseconds of the first cooldown; `0` for none. */
  readonly cooldownMs: number;
  /**
   * What differs where the failure speaks of one model of a key, and the key is ruled out once a second model of it
   * fails so. Absent where a model says nothing about its key.
   */
  readonly model?: Partial<Pick<CodePolicy, "health" | "cooldownMs" | "hard">> | undefined;
  /** What each further cooldown is multiplied by. */
  readonly factor: number;
  /** The longest cooldown, in milliseconds. */
  readonly longestMs: number;
  /** Whether asking during the cooldown is pointless: `stated` where the server said how long. */
  readonly hard: "never" | "stated" | "always";
}

/** Changes to the policy of single codes, for one chain. */
export type PolicyOverrides = { readonly [Code in ChatErrorCode]?: Partial<CodePolicy> | undefined };

/** The policy of every code. */
export type Policy = Readonly<Record<ChatErrorCode, CodePolicy>>;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const FORGET = { health: "none", cooldownMs: 0, factor: 1, longestMs: 0, hard: "never" } as const;
const COUNT = {
  health: "count",
  cooldownMs: 10 * SECOND,
  factor: 2,
  // a failure that comes at once costs its caller little, and a first choice that is back is worth more
  longestMs: MINUTE / 2,
  hard: "stated",
} as const;
const PARK = { health: "park", factor: 1, longestMs: DAY, hard: "never" } as const;

/** What a chain does about each code, unless its options say otherwise. */
export const POLICY: Policy = {
  // the verdict of a chain inside this one, which may have reached nobody where this one can
  offline: { again: "never", next: "yes", ...FORGET },
  network: { again: "unopened", next: "yes", ...COUNT },
  tls: { again: "never", next: "yes", ...PARK, cooldownMs: 10 * MINUTE },
  // here each probe costs its caller a wait
  timeout: { again: "never", next: "yes", ...COUNT, longestMs: MINUTE },
  deadline: { again: "never", next: "stop", ...FORGET },
  "rate-limit": {
    again: "never",
    next: "yes",
    health: "cool",
    cooldownMs: 30 * SECOND,
    factor: 1,
    longestMs: DAY,
    hard: "stated",
  },
  // the one try with a fresh session is the provider's own
  auth: { again: "never", next: "yes", ...PARK, cooldownMs: 5 * MINUTE, hard: "always", model: {} },
  payment: {
    again: "never",
    next: "yes",
    ...PARK,
    cooldownMs: HOUR,
    hard: "always",
    // fewer tokens may be free, and a queue that is full may pass in seconds
    model: { health: "cool", cooldownMs: 5 * MINUTE, hard: "stated" },
  },
  blocked: { again: "never", next: "yes", ...PARK, cooldownMs: 15 * MINUTE, factor: 4, hard: "always" },
  abuse: { again: "never", next: "yes", ...PARK, cooldownMs: 15 * MINUTE },
  "not-found": { again: "never", next: "yes", ...PARK, cooldownMs: HOUR },
  // for what the call needs: plain chat with the model goes on
  unsupported: { again: "never", next: "yes", ...PARK, cooldownMs: HOUR },
  "context-length": { again: "never", next: "larger-window", ...FORGET },
  "content-filter": { again: "never", next: "stop", ...FORGET },
  "bad-request": { again: "never", next: "yes", ...FORGET },
  server: { again: "once", next: "yes", ...COUNT },
  protocol: { again: "never", next: "yes", ...COUNT },
  empty: { again: "never", next: "yes", ...COUNT },
  interrupted: { again: "never", next: "yes", ...COUNT },
  limit: { again: "never", next: "yes", ...FORGET },
  contract: { again: "never", next: "yes", ...COUNT },
  config: { again: "never", next: "yes", ...FORGET },
};

/** So many failures in a row open the breaker of a code that is counted. */
export const FAILURES_TO_OPEN = 3;
/** How long the one probe after a cooldown may be silent before another is let through, where no timer says less. */
export const PROBE_LEASE_MS: number = 30 * SECOND;
/** How long a probe may run beyond its own timer, so that the timer fires first. */
export const LEASE_MARGIN_MS: number = 2 * SECOND;
/** Until a probe is so old, others wait for its first content. */
export const PROBE_WAIT_MS: number = 2 * SECOND;
/** What a suspicion of silence lasts, as a cooldown does; then one call tests it. */
export const SUSPICION: Pick<CodePolicy, "cooldownMs" | "factor" | "longestMs"> = {
  cooldownMs: 10 * SECOND,
  factor: 2,
  longestMs: MINUTE,
};
/** A length of silence: the longer of a share of the timer and a multiple of the slowest first content of late. */
interface Silence {
  readonly share: number;
  readonly slowest: number;
}

/**
 * When silence is suspicious.
 *
 * Of each call that waits, what exceeds the `grace` counts. Of several, the sum may not exceed the `bound`; until that
 * many `answers` have begun, it may not exceed so many `timers`. With each answer, the slowest one keeps `forget`.
 */
export const SILENCE: {
  readonly grace: Silence;
  readonly bound: Silence;
  readonly unknown: { readonly answers: number; readonly timers: number };
  readonly forget: number;
} = {
  grace: { share: 1 / 30, slowest: 1.5 },
  bound: { share: 1 / 30, slowest: 1.5 },
  unknown: { answers: 10, timers: 2.5 },
  forget: 0.97,
};
/** The share of its timer that the first probe into silence waits, where others are left; it grows as the cooldown does. */
export const PROBE_SHARE: number = 1 / 6;
/** Within this time at most two calls ask a candidate in cooldown, because nobody else is left. */
export const INSIST_MS: number = 2 * SECOND;
/** The most entries that a health store keeps. */
export const HEALTH_ENTRIES = 1_000;
/** After so long without a failure the next cooldown is a first one again. */
export const LEVEL_DECAY_MS: number = 10 * MINUTE;
/** How far a cooldown may be from its nominal length, so that callers do not come back together. */
export const COOLDOWN_JITTER = 0.2;
/** The longest wait before the one more try on the same candidate; the real one is random. */
export const BACK_OFF_MS = 250;
/** What a silent attempt leaves for those behind it: this share of `commitMs`, at most so much. */
export const RESERVE: { readonly share: number; readonly longestMs: number } = {
  share: 0.25,
  longestMs: 15 * SECOND,
};

/** The table with the changes of one chain. */
export function resolvePolicy(overrides: PolicyOverrides = {}): Policy {
  const entries = Object.entries(POLICY) as [ChatErrorCode, CodePolicy][];
  return Object.fromEntries(
    entries.map(([code, policy]) => [code, { ...policy, ...overrides[code] }]),
  ) as Record<ChatErrorCode, CodePolicy>;
}

/** What to do about a code; one that only a later minor of the contract knows is a failure of the server. */
export function policyOf(policy: Policy, code: ChatErrorCode): CodePolicy {
  return Object.hasOwn(policy, code) ? policy[code] : policy.server;
}
