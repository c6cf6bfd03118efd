import type { AdmitOptions, Health, HealthFailure } from "../../src/health/health.ts";

/** What a caller was let in as: a probe has a number that nobody else has. */
interface Admitted {
  readonly as: "plain" | "probe" | "refused";
  readonly number: number;
}

/** A caller that was let in. */
interface Held {
  readonly model: string;
  /** The number of the probe, 0 where the caller is none. */
  readonly id: number;
  /** Its place among all events. */
  readonly turn: number;
}

/** The rules of health, one model at a time and as plainly as they can be written. */
export interface Reference {
  stateOf(model: string): { readonly state: Health["state"]; readonly until: number };
  admit(model: string, insist: AdmitOptions["insist"]): Admitted;
  /** The place of what happens next among all events. */
  turn(): number;
  release(held: Held): void;
  commit(held: Held): void;
  succeed(held: Held): void;
  fail(held: Held, failure: HealthFailure): void;
}

interface Model {
  failures: number;
  /** When the call was let through that failed first of these. */
  failingSince: number;
  level: number;
  /** Since when it has been well. */
  since?: number;
  /** The breaker is open from here on. */
  opened?: { readonly turn: number; until: number; hardUntil: number; rank: number };
  probe: number;
  probedAt: number;
  leasedUntil: number;
  closedBy: number;
  insisted: number[];
}

const RANK = { count: 1, cool: 2, park: 3 } as const;

/** A reference for calls at this time, where chance is always the same: at least 0 and below 1. */
export function createReference(now: () => number, chance: number): Reference {
  const models = new Map<string, Model>();
  let numbers = 0;
  let turns = 0;
  const at = (model: string) => {
    const known = models.get(model) ?? {
      failures: 0,
      failingSince: 0,
      level: 0,
      probe: 0,
      probedAt: 0,
      leasedUntil: 0,
      closedBy: 0,
      insisted: [],
    };
    models.set(model, known);
    return known;
  };

  function stateOf(model: string): { readonly state: Health["state"]; readonly until: number } {
    const { opened, probe, leasedUntil } = at(model);
    if (opened === undefined) return { state: "well", until: 0 };
    const { until, hardUntil } = opened;
    if (now() < hardUntil) return { state: "refused", until: hardUntil };
    if (probe !== 0 && now() < leasedUntil) return { state: "probing", until: Math.max(until, leasedUntil) };
    return { state: now() < until ? "cooling" : "probing", until };
  }

  function lease(model: string): Admitted {
    Object.assign(at(model), { probe: ++numbers, probedAt: now(), leasedUntil: now() + 32_000 });
    return { as: "probe", number: numbers };
  }

  function commit({ model, id, turn }: Held): void {
    const known = at(model);
    if (known.opened === undefined || turn < known.opened.turn) return;
    delete known.opened;
    Object.assign(known, { failures: 0, probe: 0, closedBy: id });
  }

  return {
    stateOf,
    commit,
    turn: () => ++turns,
    admit(model, insist) {
      const known = at(model);
      const { state } = stateOf(model);
      const isLeased = known.probe !== 0 && now() < known.leasedUntil;
      if (state === "well") return { as: "plain", number: 0 };
      if (state === "probing" && !isLeased) return lease(model);
      if (state === "probing") return { as: insist === "alone" ? "plain" : "refused", number: 0 };
      const isFree = known.insisted.filter((time) => now() - time < 2_000).length < 2;
      if (state === "refused" || (insist !== "alone" && (insist !== "cooling" || !isFree)))
        return { as: "refused", number: 0 };
      known.insisted = [now(), ...known.insisted.slice(0, 1)];
      return lease(model);
    },
    release({ model, id }) {
      const known = at(model);
      if (id !== 0 && known.probe === id) known.probe = 0;
      if (id !== 0 && known.closedBy === id) known.closedBy = 0;
    },
    succeed(held) {
      commit(held);
      const known = at(held.model);
      if (known.opened !== undefined) return;
      const since = known.since ?? now();
      Object.assign(known, { closedBy: 0, since });
      if (held.turn >= known.failingSince) known.failures = 0;
      if (now() - since >= 600_000) known.level = 0;
    },
    fail({ model, id, turn }, { effect, retryAfterMs, cooldownMs, factor, longestMs, hard }) {
      const known = at(model);
      const probed = id !== 0 && known.probe === id;
      const reopens = id !== 0 && known.closedBy === id;
      if (probed) known.probe = 0;
      if (reopens) known.closedBy = 0;
      if (known.since !== undefined && now() - known.since >= 600_000) known.level = 0;
      delete known.since;

      const stated = effect === "park" ? undefined : retryAfterMs;
      const longest = stated !== undefined && effect === "count" ? 86_400_000 : longestMs;
      // between four and six fifths of its nominal length
      const length = (level: number) =>
        Math.min(stated ?? Math.min(cooldownMs * factor ** level, longest) * (0.8 + 0.4 * chance), longest);
      const { opened } = known;
      if (opened !== undefined && !(probed && now() >= opened.until)) {
        if (stated === undefined && RANK[effect] <= opened.rank) return;
        const until = now() + length(0);
        if (hard) opened.hardUntil = Math.max(opened.hardUntil, until);
        if (until > opened.until) Object.assign(opened, { until, rank: RANK[effect] });
        return;
      }
      known.failures++;
      if (known.failures === 1) known.failingSince = turn;
      if (effect === "count" && stated === undefined && !probed && !reopens && known.failures < 3) return;
      const step = effect === "count" ? Math.max(0, known.level - 1) : known.level;
      if (length(step) <= 0) return;
      known.level++;
      const from = probed && stated === undefined ? known.probedAt : now();
      const until = Math.max(now(), from + length(step));
      known.opened = { turn: ++turns, until, hardUntil: hard ? until : 0, rank: RANK[effect] };
    },
  };
}
