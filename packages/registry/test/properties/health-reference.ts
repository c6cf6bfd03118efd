import type { Health, HealthFailure } from "../../src/health/health.ts";

/** What a caller was let in as: a probe has a number that nobody else has. */
interface Admitted {
  readonly as: "plain" | "probe" | "refused";
  readonly number: number;
}

/** A caller that was let in. */
interface Held {
  readonly model: string;
  readonly id: number;
}

/** The rules of health, one model at a time and as plainly as they can be written. */
export interface Reference {
  stateOf(model: string): { readonly state: Health["state"]; readonly until: number };
  admit(model: string, force: boolean): Admitted;
  release(held: Held): void;
  succeed(held: Held): void;
  fail(held: Held, failure: HealthFailure): void;
}

/** A reference for calls at this time, where chance is always the same: at least 0 and below 1. */
export function createReference(now: () => number, chance: number): Reference {
  const models = new Map<
    string,
    { failures: number; level: number; since?: number; until?: number; probe: number; leasedUntil: number }
  >();
  let numbers = 0;
  const at = (model: string) => {
    const known = models.get(model) ?? { failures: 0, level: 0, probe: 0, leasedUntil: 0 };
    models.set(model, known);
    return known;
  };

  function stateOf(model: string): { readonly state: Health["state"]; readonly until: number } {
    const { until, probe, leasedUntil } = at(model);
    if (until === undefined) return { state: "ready", until: 0 };
    if (probe !== 0 && now() < leasedUntil) return { state: "probing", until };
    return { state: now() < until ? "cooling" : "half-open", until };
  }

  return {
    stateOf,
    admit(model, force) {
      const { state } = stateOf(model);
      if (state === "ready" || (state === "probing" && force)) return { as: "plain", number: 0 };
      if (state !== "half-open" && !force) return { as: "refused", number: 0 };
      Object.assign(at(model), { probe: ++numbers, leasedUntil: now() + 30_000 });
      return { as: "probe", number: numbers };
    },
    release({ model, id }) {
      if (id !== 0 && at(model).probe === id) at(model).probe = 0;
    },
    succeed({ model, id }) {
      const known = at(model);
      if (known.until !== undefined && (id === 0 || known.probe !== id)) return;
      Object.assign(known, { failures: 0, probe: 0, until: undefined, since: known.since ?? now() });
    },
    fail({ model, id }, { effect, retryAfterMs, cooldownMs, factor, longestMs }) {
      const known = at(model);
      const probed = id !== 0 && known.probe === id;
      if (probed) known.probe = 0;
      if (effect === "count" && known.until !== undefined && !probed) return;
      if (known.since !== undefined && now() - known.since >= 600_000) known.level = 0;
      delete known.since;
      known.failures++;
      if (effect === "count" && !probed && known.failures < 3) return;
      const stated = effect === "cool" ? retryAfterMs : undefined;
      if (stated === 0) return;
      const level = known.until === undefined || probed ? known.level++ : known.level - 1;
      // between four and six fifths of its nominal length
      const length = stated ?? cooldownMs * factor ** level * (0.8 + 0.4 * chance);
      known.until = Math.max(known.until ?? 0, now() + Math.min(length, longestMs));
    },
  };
}
