import type { Parameters } from "fast-check";

/** How often an ordinary run tries each property. */
const RUNS = 1_000;
/** An ordinary run always tries the same values, so that it fails only for whoever changed something. */
const SEED = 20_261_121;
/** Set by `npm run fuzz`: how long each property is tried, with values that nobody has seen. */
export const fuzzMs: number = Number(process.env["FALLTHROUGH_FUZZ_MS"] ?? 0);

/** How a property is tried; a failure prints a `seed` and a `path`, which repeat it when they stand here. */
export function trials(
  numRuns: number,
): Pick<Parameters<unknown>, "numRuns" | "seed" | "interruptAfterTimeLimit" | "endOnFailure"> {
  return fuzzMs > 0
    ? // not made smaller: that may take longer than all the rest
      { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: fuzzMs, endOnFailure: true }
    : { numRuns, seed: SEED };
}

/** How most properties are tried. */
export const TRIALS: Parameters<unknown> = trials(RUNS);

/** What a test of one property may take, its shrinking included. */
export const TRIALS_MS: number = 180_000 + fuzzMs;
