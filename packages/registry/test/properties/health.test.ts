import fc from "fast-check";
import { expect, test } from "vitest";
import { TRIALS, TRIALS_MS } from "../../../core/test/properties/trials.ts";
import type { AdmitOptions, HealthFailure, Permit } from "../../src/health/health.ts";
import { createMemoryHealth } from "../../src/health/memory-health.ts";
import { POLICY } from "../../src/health/policy.ts";
import { createReference, type Reference } from "./health-reference.ts";

const CODES = ["server", "rate-limit", "blocked", "not-found", "timeout"] as const;
const MODELS = ["small", "large"] as const;

/** The store, with the permits that callers hold. */
interface Real {
  readonly health: ReturnType<typeof createMemoryHealth>;
  readonly permits: Permit[];
}

/** The reference, with the clock of both. */
interface Model {
  readonly reference: Reference;
  readonly clock: { time: number };
  /** The model and the probe of each permit that a caller holds. */
  readonly permits: { readonly model: string; readonly id: number; readonly turn: number }[];
}

const COUNTED = {
  scope: "model",
  effect: "count",
  hard: false,
  cooldownMs: 10_000,
  factor: 2,
  longestMs: 60_000,
} as const;

type Step = fc.Command<Model, Real>;

function subject(model: string): Permit["subject"] {
  return { provider: "one", model };
}

/** Both say the same of a model. */
function compare({ reference, clock }: Model, { health }: Real, model: string): void {
  const { state, remainingMs } = health.peek(subject(model));
  const expected = reference.stateOf(model);

  expect(state).toBe(expected.state);
  if (state !== "well" && remainingMs > 0) expect(clock.time + remainingMs).toBeCloseTo(expected.until, 3);
}

function ask(model: string, insist: AdmitOptions["insist"]): Step {
  return {
    check: () => true,
    run(expected, real) {
      // a timer that is off: silence is no part of the reference
      const permit = real.health.admit(subject(model), { insist, firstChunkMs: 0 });
      const id = expected.reference.admit(model, insist);

      expect(!permit.admitted ? "refused" : permit.probe === undefined ? "plain" : "probe").toBe(id.as);
      if (!permit.admitted) return;
      real.permits.push(permit);
      expected.permits.push({ model, id: id.number, turn: expected.reference.turn() });
    },
    toString: () => `ask ${model}${insist === undefined ? "" : `, insisting on ${insist}`}`,
  };
}

/** A caller reports: one of those that still hold a permit. */
function report(
  name: string,
  chosen: number,
  tell: (expected: Model, real: Real, held: Model["permits"][number], permit: Permit) => void,
): Step {
  return {
    check: ({ permits }) => permits.length > 0,
    run(expected, real) {
      const index = chosen % expected.permits.length;
      const [held] = expected.permits.splice(index, 1);
      const [permit] = real.permits.splice(index, 1);
      if (held === undefined || permit === undefined) return;
      tell(expected, real, held, permit);
      for (const model of MODELS) compare(expected, real, model);
    },
    toString: () => `${name} ${chosen}`,
  };
}

function fail(chosen: number, code: (typeof CODES)[number], retryAfterMs: number | undefined): Step {
  return report(`fail with ${code}, retry after ${retryAfterMs},`, chosen, (expected, real, held, permit) => {
    const { health: effect, cooldownMs, factor, longestMs } = POLICY[code];
    const lengths = { cooldownMs, factor, longestMs, retryAfterMs };
    const hard = code === "blocked" || (code !== "not-found" && retryAfterMs !== undefined);
    const failure = { ...lengths, code, scope: "model", hard, effect } as HealthFailure;
    const before = expected.reference.stateOf(held.model);

    real.health.fail(permit, failure);
    expected.reference.fail(held, failure);

    const after = expected.reference.stateOf(held.model);
    if (before.state === "refused") expect(after.until).toBeGreaterThanOrEqual(before.until);
  });
}

function wait(ms: number): Step {
  return {
    check: () => true,
    run(expected, real) {
      expected.clock.time += ms;
      for (const model of MODELS) compare(expected, real, model);
    },
    toString: () => `wait ${ms} ms`,
  };
}

const steps = fc.commands(
  [
    fc
      .tuple(fc.constantFrom(...MODELS), fc.constantFrom("cooling", "alone", undefined))
      .map(([model, insist]) => ask(model, insist)),
    fc.constantFrom(...MODELS).map((model) => ask(model, undefined)),
    fc
      .tuple(
        fc.nat(20),
        fc.constantFrom(...CODES),
        fc.option(fc.constantFrom(0, 1, 60_000, 1e12), { nil: undefined }),
      )
      .map(([chosen, code, retryAfterMs]) => fail(chosen, code, retryAfterMs)),
    fc.nat(20).map((chosen) => fail(chosen, "server", undefined)),
    fc.nat(20).map((chosen) =>
      report("succeed", chosen, ({ reference }, { health }, held, permit) => {
        health.succeed(permit);
        reference.succeed(held);
      }),
    ),
    fc.nat(20).map((chosen) =>
      report("break off after content", chosen, ({ reference }, { health }, held, permit) => {
        health.commit(permit);
        reference.commit(held);
        health.fail(permit, { ...COUNTED, code: "interrupted" });
        reference.fail(held, { ...COUNTED, code: "interrupted" });
      }),
    ),
    fc.nat(20).map((chosen) =>
      report("release", chosen, ({ reference }, { health }, held, permit) => {
        health.release(permit);
        reference.release(held);
      }),
    ),
    fc.constantFrom(1, 5_000, 30_000, 600_000, 3_600_000, 90_000_000).map(wait),
  ],
  { maxCommands: 60 },
);

test(
  "whatever callers do, the store agrees with a reference: cooldowns, jitter, decay, one probe and its slot",
  () => {
    const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(steps, chances, (commands, chance) => {
        const clock = { time: 0 };
        const health = createMemoryHealth({ now: () => clock.time, random: () => chance });
        fc.modelRun(
          () => ({
            model: { reference: createReference(() => clock.time, chance), clock, permits: [] },
            real: { health, permits: [] },
          }),
          commands,
        );
      }),
      TRIALS,
    );
  },
  TRIALS_MS,
);
