import type { ChatErrorCode } from "@fallthrough/core";
import type { Health } from "./health.ts";
import type { Ledger, Share } from "./ledger.ts";

/** A cooldown, or a suspicion. */
export interface Open {
  /** Its place among all that was admitted or opened. */
  readonly order: number;
  /** When it began. */
  readonly since: number;
  /** When it ends. */
  readonly until: number;
  /** Nobody is let through before. */
  readonly hardUntil: number;
  /** The failure behind it. */
  readonly code: ChatErrorCode;
  /** How hard that failure is. */
  readonly effect: NonNullable<Health["effect"]>;
}

/** The place of the one probe. */
export interface Lease {
  /** The name of the probe. */
  readonly probe: string;
  /** When it began. */
  readonly since: number;
  /** When another may take its place. */
  readonly until: number;
  /** Settles when the probe has its result. */
  settled?: Promise<void>;
  /** Settles that. */
  settle?: () => void;
}

/** A call that waits for its first content. */
export interface Waiting {
  /** Its place among all that was admitted or opened. */
  readonly order: number;
  /** When it was let through. */
  readonly at: number;
  /** The longest silence that it accepts, in milliseconds. */
  readonly firstChunkMs: number;
  /** What it takes of the limits. */
  readonly share: Share;
}

/** What is remembered of one key, model, provider or origin; open from the first cooldown to the next first content. */
export interface Entry {
  /** What calls need that it is about; absent where it is about all. */
  readonly need?: string | undefined;
  /** The limits of a key and model, once any are known. */
  ledger?: Ledger | undefined;
  /** Failures in a row. */
  failures: number;
  /** The order of the call that failed first of these. */
  failingSince: number;
  /** How often the last code came in a row. */
  repeats: number;
  /** The last code. */
  code?: ChatErrorCode | undefined;
  /** How many cooldowns it had of late. */
  level: number;
  /** Since when nothing failed. */
  healthySince?: number | undefined;
  /** The cooldown. */
  open?: Open | undefined;
  /** The place of the probe. */
  lease?: Lease | undefined;
  /** The probe whose first content closed it, while its answer goes on. */
  closedBy?: string | undefined;
  /** When it was last asked. */
  askedAt?: number | undefined;
  /** When it was last asked in its cooldown, and the time before. */
  insisted: readonly [number, number];
  /** Those who wait for the first content, the longest first. */
  readonly waiting: Set<Waiting>;
  /** When it last said anything. */
  heardAt: number;
  /** How often a first content has come. */
  answers: number;
  /** The longest wait for a first content of late. */
  slowestMs: number;
  /** How long those waited in vain who have left, since it last said anything. */
  silentMs: number;
}

/** The health of what nothing is remembered of. */
const WELL: Health = { state: "well", remainingMs: 0, openMs: 0, repeats: 0 };

const STATES: readonly Health["state"][] = ["well", "suspect", "probing", "cooling", "refused"];

/** An entry that says nothing. */
export function createEntry(need: string | undefined): Entry {
  return {
    need,
    failures: 0,
    failingSince: 0,
    repeats: 0,
    level: 0,
    heardAt: Number.NEGATIVE_INFINITY,
    answers: 0,
    slowestMs: 0,
    silentMs: 0,
    insisted: [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    waiting: new Set(),
  };
}

/** The worst of what the entries say. */
export function worstOf(found: readonly Entry[], time: number): Health {
  let health = WELL;
  for (const { open, lease, repeats, need } of found) {
    if (open === undefined) continue;
    const { since, hardUntil, code, effect } = open;
    const probing = lease !== undefined && time < lease.until;
    const until = time < hardUntil ? hardUntil : probing ? Math.max(open.until, lease.until) : open.until;
    const remainingMs = Math.max(0, until - time);
    const state = stateOf(open, probing, time);
    const rank = STATES.indexOf(state) - STATES.indexOf(health.state);
    if (rank > 0 || (rank === 0 && remainingMs > health.remainingMs))
      health = { state, remainingMs, openMs: time - since, code, effect, repeats, need };
  }
  return health;
}

function stateOf({ until, hardUntil, effect }: Open, probing: boolean, time: number): Health["state"] {
  if (time < hardUntil) return "refused";
  if (probing || time >= until) return "probing";
  return effect === "suspect" ? "suspect" : "cooling";
}

/** Ends the place of the probe, and lets those go who wait for it. */
export function settleLease(entry: Entry): void {
  entry.lease?.settle?.();
  entry.lease = undefined;
}
