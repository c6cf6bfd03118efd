import type { ProviderSettings } from "@fallthrough/core";
import { CHARACTERS_PER_TOKEN, type RateLimit } from "@fallthrough/core/internal";

/** How much a server takes of one key and model, as its preset or its settings declare it. */
export type DeclaredLimits = Pick<NonNullable<ProviderSettings["limits"]>, "requests" | "tokens">;

/** What is left of one limit. */
export interface LimitState {
  /** What is counted. */
  readonly unit: "requests" | "tokens";
  /** The time in which so many are taken, where that is known. */
  readonly window?: "minute" | "hour" | "day" | undefined;
  /** How many in all, where that is known. */
  readonly limit?: number | undefined;
  /** How many are left. */
  readonly left: number;
  /** Milliseconds until all of them are there again. */
  readonly remainingMs: number;
  /** Who says so. */
  readonly source: "told by the server" | "declared by the preset" | "learned from a refusal";
}

/** What one call takes of the limits. */
export interface Share {
  /** The characters of its request. */
  readonly characters: number;
  /** The tokens that were reserved for it. */
  readonly tokens: number;
}

/** What a ledger knows, as it can be written down. */
export interface LedgerState {
  /** What is left of each limit. */
  readonly allowances: Allowance[];
  /** What calls under way have reserved, by their place among all calls. */
  readonly reserved: Map<number, Share>;
  /** Characters of a token, until the server's own counts say better. */
  rate: number;
}

/** The limits of one key and model: what is left, what calls under way have reserved. */
export interface Ledger {
  /** What it knows. */
  readonly state: LedgerState;
  /** Takes what is declared, where that is new. */
  declare(declared: DeclaredLimits): void;
  /** Whether tokens are limited, so that a call has to be measured. */
  countsTokens(now: number): boolean;
  /** The tokens of a request of so many characters. */
  estimate(characters: number): number;
  /** The limit that has no room for a call of so many tokens, the one that lasts longest. */
  lacking(tokens: number, now: number): LimitState | undefined;
  /** Takes the share of a call, which has this place among all calls. */
  reserve(order: number, share: Share, now: number): void;
  /** Takes what the headers of the answer to this call say. */
  told(order: number, limits: readonly RateLimit[], now: number): void;
  /** Ends the reservation of a call with what it really took: the tokens of the request, and all of them. */
  settle(order: number, used: { readonly input: number; readonly total: number } | undefined): void;
  /** What is left of each limit that holds now. */
  states(now: number): LimitState[];
}

/** What is left of one limit, with the facts that decide whether it counts. */
export interface Allowance {
  /** The server's name for this limit; absent for a declared one. */
  readonly name: string | undefined;
  /** What is counted. */
  readonly unit: LimitState["unit"];
  /** The time in which so many are taken. */
  readonly window: LimitState["window"];
  /** How many in all. */
  limit: number | undefined;
  /** How many are left. */
  left: number;
  /** When all of it is there again. */
  until: number;
  /** The last call whose share is none of it: an answer reported that share already, or an earlier window held it. */
  order: number;
}

/** A count of the server moves the rate so far. */
export const LEARNED_SHARE = 0.2;
/** Nobody's tokens are shorter or longer, so a count that says so is a mistake. */
export const RATES: { readonly least: number; readonly most: number } = { least: 0.5, most: 10 };

/** After this time without a report a call no longer counts as running. */
export const RESERVED_MS: number = 10 * 60 * 1_000;

/** How long each window lasts, in milliseconds. */
export const WINDOWS: Readonly<Record<NonNullable<LimitState["window"]>, number>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/** A ledger of which nothing is spent, or one that goes on from what was written down. */
export function createLedger(
  declared: DeclaredLimits | undefined,
  state: LedgerState = {
    allowances: declaredAllowances(declared),
    reserved: new Map(),
    rate: CHARACTERS_PER_TOKEN,
  },
): Ledger {
  // few, and looked at in each call, so they are walked and never copied
  const { allowances, reserved } = state;
  let latest = declared;
  let isOtherPlan = exceedsDeclared(allowances);

  /**
   * Whether it counts now.
   *
   * A server knows its limits better than a preset does, where both speak of one window. Where it reports more than is
   * declared, the preset speaks of another plan, and none of its limits hold.
   */
  function holds(allowance: Allowance, now: number): boolean {
    const { name, unit, window } = allowance;
    if (name !== undefined) return now < allowance.until;
    if (isOtherPlan) return false;
    if (now >= allowance.until) {
      // a declared window begins anew with the first call after its end, and gets nothing back of what was taken before
      allowance.left = allowance.limit ?? 0;
      allowance.until = Number.POSITIVE_INFINITY;
      allowance.order = Math.max(-1, ...reserved.keys());
    }
    for (const other of allowances) {
      if (other.name !== undefined && other.unit === unit && other.window === window && now < other.until)
        return false;
    }
    return true;
  }

  function reservedAfter(order: number, unit: Allowance["unit"]): number {
    let sum = 0;
    for (const [other, { tokens }] of reserved) if (other > order) sum += unit === "tokens" ? tokens : 1;
    return sum;
  }

  return {
    state,

    declare(limits) {
      if (limits === latest) return;
      latest = limits;
      for (const own of declaredAllowances(limits)) {
        const place = allowances.findIndex(
          ({ name, unit, window }) => name === undefined && unit === own.unit && window === own.window,
        );
        if (place < 0) allowances.push(own);
        else if (allowances[place]?.limit !== own.limit) allowances[place] = own;
      }
      isOtherPlan = exceedsDeclared(allowances);
    },

    countsTokens(now) {
      for (const allowance of allowances)
        if (allowance.unit === "tokens" && holds(allowance, now)) return true;
      return false;
    },

    estimate: (characters) => Math.ceil(characters / state.rate),

    lacking(tokens, now) {
      let longest: Allowance | undefined;
      for (const allowance of allowances) {
        if (hasRoom(allowance, tokens) && allowance.until > now) continue;
        if (!holds(allowance, now) || hasRoom(allowance, tokens)) continue;
        if (longest === undefined || allowance.until > longest.until) longest = allowance;
      }
      return longest && stateOf(longest, now);
    },

    reserve(order, share, now) {
      // they are in the order in which they began
      for (const other of reserved.keys()) {
        if (now - other <= RESERVED_MS) break;
        reserved.delete(other);
      }
      for (const allowance of allowances) {
        // a limit that a server reports meanwhile counts on
        if (allowance.name === undefined) holds(allowance, now);
        if (allowance.until === Number.POSITIVE_INFINITY) allowance.until = now + windowOf(allowance);
        allowance.left = Math.max(0, allowance.left - (allowance.unit === "tokens" ? share.tokens : 1));
      }
      reserved.set(order, share);
    },

    told(order, limits, now) {
      for (const { name, unit, window, limit, remaining, resetMs } of limits) {
        if (unit === undefined || remaining === undefined) continue;
        const left = Math.max(0, remaining - reservedAfter(order, unit));
        const until = now + (resetMs ?? windowOf({ window }));
        const known = allowances.find((allowance) => allowance.name === name);
        if (known === undefined) allowances.push({ name, unit, window, limit, left, until, order });
        // a late answer was written before others took their share
        else if (now < known.until && order < known.order) known.left = Math.min(known.left, left);
        else {
          known.limit = limit;
          known.left = left;
          known.until = until;
          known.order = order;
        }
      }
      isOtherPlan = exceedsDeclared(allowances);
    },

    settle(order, used) {
      const share = reserved.get(order);
      if (share === undefined) return;
      reserved.delete(order);
      const { characters, tokens } = share;
      const spare = tokens - (used?.total ?? 0);
      for (const allowance of allowances) {
        // what the server reported since then includes this call, and a later window is another's
        if (allowance.unit !== "tokens" || allowance.order >= order) continue;
        const left = Math.max(0, allowance.left + spare);
        allowance.left = allowance.limit === undefined ? left : Math.min(left, allowance.limit);
      }
      if (used === undefined || used.input <= 0 || characters === 0) return;
      const seen = Math.min(RATES.most, Math.max(RATES.least, characters / used.input));
      state.rate += (seen - state.rate) * LEARNED_SHARE;
    },

    states(now) {
      const states: LimitState[] = [];
      for (const allowance of allowances) if (holds(allowance, now)) states.push(stateOf(allowance, now));
      return states;
    },
  };
}

function declaredAllowances(declared: DeclaredLimits = {}): Allowance[] {
  return (["requests", "tokens"] as const).flatMap((unit) =>
    Object.entries(declared[unit] ?? {}).flatMap(([window, limit]): Allowance[] =>
      limit === undefined
        ? []
        : [
            {
              name: undefined,
              unit,
              window: window as NonNullable<LimitState["window"]>,
              limit,
              left: limit,
              until: Number.POSITIVE_INFINITY,
              order: -1,
            },
          ],
    ),
  );
}

/** A request that is larger than the whole limit may be asked while nothing is spent: its size is an estimate. */
function hasRoom({ unit, left, limit }: Allowance, tokens: number): boolean {
  if (unit === "requests") return left >= 1;
  return left >= Math.max(1, limit === undefined ? tokens : Math.min(tokens, limit));
}

/** Whether the server reported a larger limit than the declared one of the same unit and window. */
function exceedsDeclared(allowances: readonly Allowance[]): boolean {
  return allowances.some(({ name, unit, window, limit }) => {
    if (name === undefined || limit === undefined) return false;
    const declared = allowances.filter(
      (other) =>
        other.name === undefined && other.unit === unit && (window === undefined || other.window === window),
    );
    return declared.length > 0 && declared.every((other) => limit > (other.limit ?? 0));
  });
}

/** A server that names no window means the shortest. */
function windowOf({ window = "minute" }: Pick<Allowance, "window">): number {
  return WINDOWS[window];
}

function stateOf({ name, unit, window, limit, left, until }: Allowance, now: number): LimitState {
  const remainingMs = until === Number.POSITIVE_INFINITY ? 0 : Math.max(0, until - now);
  const source = name === undefined ? "declared by the preset" : "told by the server";
  return { unit, window, limit, left, remainingMs, source };
}
