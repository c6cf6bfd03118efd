import type { CallAttempt, CandidateStep } from "@fallthrough/registry";

/** Minutes that are kept. */
const MINUTES = 60;
const MINUTE_MS = 60_000;
/** Times to the first content that are kept. */
const SAMPLES = 50;
/** Candidates that are counted; the one asked longest ago makes room. */
const MOST_CANDIDATES = 500;

/** What came of the calls of one minute. */
export interface MinuteCounts {
  /** Answers. */
  answered: number;
  /** Failures. */
  failed: number;
  /** Calls that passed it over. */
  skipped: number;
}

/** The failure that came last. */
interface LastError {
  /** When. */
  readonly at: Date;
  /** Its code. */
  readonly code: string;
  /** Its words, without any prompt or key. */
  readonly message: string;
  /** What to do. */
  readonly fix?: string | undefined;
  /** The page that explains it. */
  readonly help?: string | undefined;
}

/** What is counted of one candidate, since the gateway started. */
export interface CandidateCounts {
  /** Attempts, by how they ended. */
  readonly outcomes: Readonly<Record<CallAttempt["outcome"], number>>;
  /** The tokens of its requests. */
  readonly inputTokens: number;
  /** The tokens of its answers. */
  readonly outputTokens: number;
  /** The median of the last times to the first content, in milliseconds. */
  readonly firstMs: number | undefined;
  /** The failure that came last. */
  readonly lastError: LastError | undefined;
  /** The last 60 minutes, the current one last. */
  readonly minutes: readonly MinuteCounts[];
}

/** Counts what comes of attempts, by candidate. */
export interface CandidateCounter {
  /** Counts an attempt. */
  add(attempt: CallAttempt): void;
  /** What is counted of a candidate, by its name and its key. */
  read(candidate: Pick<CandidateStep, "name" | "key">): CandidateCounts;
}

interface Tally {
  readonly outcomes: Record<CallAttempt["outcome"], number>;
  inputTokens: number;
  outputTokens: number;
  readonly firstMs: number[];
  lastError: LastError | undefined;
  /** By minute since 1970. */
  readonly minutes: Map<number, MinuteCounts>;
}

/** A counter that begins at zero. */
export function createCandidateCounter(now: () => number = Date.now): CandidateCounter {
  const tallies = new Map<string, Tally>();

  function tallyOf(id: string): Tally {
    const tally = tallies.get(id) ?? emptyTally();
    // the order is that of the last attempts
    tallies.delete(id);
    tallies.set(id, tally);
    const [oldest = ""] = tallies.keys();
    if (tallies.size > MOST_CANDIDATES) tallies.delete(oldest);
    return tally;
  }

  function minuteOf({ minutes }: Tally): MinuteCounts {
    const minute = Math.floor(now() / MINUTE_MS);
    const counts = minutes.get(minute) ?? { answered: 0, failed: 0, skipped: 0 };
    minutes.set(minute, counts);
    for (const old of minutes.keys()) if (old <= minute - MINUTES) minutes.delete(old);
    return counts;
  }

  return {
    add(attempt) {
      const { outcome, usage = {}, firstMs, code, error } = attempt;
      const tally = tallyOf(candidateId({ name: nameOf(attempt), key: attempt.key }));
      tally.outcomes[outcome]++;
      tally.inputTokens += usage.inputTokens ?? 0;
      tally.outputTokens += usage.outputTokens ?? 0;
      if (outcome !== "aborted") minuteOf(tally)[outcome]++;
      if (firstMs !== undefined) {
        tally.firstMs.push(firstMs);
        if (tally.firstMs.length > SAMPLES) tally.firstMs.shift();
      }
      if (outcome !== "failed") return;
      const message = error?.message ?? "the provider failed with what is no error of the contract";
      const { fix, help } = error ?? {};
      tally.lastError = { at: new Date(now()), code: code ?? "contract", message, fix, help };
    },

    read(candidate) {
      const { outcomes, inputTokens, outputTokens, firstMs, lastError, minutes } =
        tallies.get(candidateId(candidate)) ?? emptyTally();
      const minute = Math.floor(now() / MINUTE_MS);
      return {
        outcomes,
        inputTokens,
        outputTokens,
        firstMs: median(firstMs),
        lastError,
        minutes: Array.from(
          { length: MINUTES },
          (_, index) => minutes.get(minute - MINUTES + 1 + index) ?? { answered: 0, failed: 0, skipped: 0 },
        ),
      };
    },
  };
}

/** Tells candidates apart: one provider asks the same model with several keys. */
export function candidateId({ name, key }: Pick<CandidateStep, "name" | "key">): string {
  return key === undefined ? name : `${name} (key ${key.position})`;
}

/** The name of a candidate, as `explain()` gives it. */
function nameOf({ provider, model }: Pick<CallAttempt, "provider" | "model">): string {
  return model === undefined || model === "" ? provider : `${provider}/${model}`;
}

function emptyTally(): Tally {
  return {
    outcomes: { answered: 0, failed: 0, skipped: 0, aborted: 0 },
    inputTokens: 0,
    outputTokens: 0,
    firstMs: [],
    lastError: undefined,
    minutes: new Map(),
  };
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
