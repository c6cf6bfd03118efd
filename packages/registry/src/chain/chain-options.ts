import type { Attempt, ChainTimeouts, ChatErrorCode } from "@fallthrough/core";
import {
  type FieldParser,
  type FieldParsers,
  fieldProblem,
  kindOf,
  objectOf,
  oneOf,
  parseBoolean,
  parseChainTimeouts,
  parseFields,
  parseFunction,
  parseInput,
  parseList,
  parseName,
  parseProvider,
  parseTimer,
  wrongValue,
} from "@fallthrough/core/internal";
import type { OnCall } from "../events/call-events.ts";
import type { HealthStore } from "../health/health.ts";
import { type CodePolicy, POLICY, type PolicyOverrides } from "../health/policy.ts";
import type { Candidate } from "./candidate.ts";

/** How a chain behaves. */
export interface ChainOptions {
  /** The id of the chain as a provider. @default "chain" */
  readonly id?: string | undefined;
  /** Used where neither the request nor a provider's own settings set one. */
  readonly timeouts?: ChainTimeouts | undefined;
  /** The memory of failures. @default one in memory, of this chain alone */
  readonly health?: HealthStore | undefined;
  /** Changes to `POLICY`. */
  readonly policy?: PolicyOverrides | undefined;
  /** Accepts an answer that has reasoning and no text. @default false */
  readonly reasoningOnly?: boolean | undefined;
  /** What an answer with nothing in it is: a failure, after which the next candidate is asked, or an answer. @default "fail" */
  readonly emptyAnswer?: "allow" | "fail" | undefined;
  /**
   * Characters per second below which an answer is left for the next candidate, where there is one. To measure it, the
   * start of every answer is held back: 1,024 characters, at most 2 s. @default 0, off
   */
  readonly minRate?: number | undefined;
  /** Told of every attempt as it ends, those of chains inside this one too; never any content. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
  /** Told of every call as it begins, and by what it gives of its attempts, its first content and its end. */
  readonly onCall?: OnCall | undefined;
}

const MODEL_FIELDS: FieldParsers<NonNullable<CodePolicy["model"]>> = {
  health: oneOf(["none", "count", "cool", "park"]),
  cooldownMs: parseTimer,
  hard: oneOf(["never", "stated", "always"]),
};
const POLICY_FIELDS: FieldParsers<Partial<CodePolicy>> = {
  ...MODEL_FIELDS,
  again: oneOf(["never", "once", "unopened"]),
  next: oneOf(["yes", "stop", "larger-window"]),
  model: objectOf(MODEL_FIELDS),
  factor: parseFactor,
  longestMs: parseTimer,
};
const parseCode = objectOf(POLICY_FIELDS);
const CODES = Object.fromEntries(Object.keys(POLICY).map((code) => [code, parseCode])) as Record<
  ChatErrorCode,
  typeof parseCode
>;

/** The parsers of the options that every chain takes. */
export const CHAIN_FIELDS: FieldParsers<ChainOptions> = {
  id: parseName,
  timeouts: parseChainTimeouts,
  health: parseHealth,
  policy: objectOf<PolicyOverrides>(CODES),
  reasoningOnly: parseBoolean,
  emptyAnswer: oneOf(["allow", "fail"]),
  minRate: parseRate,
  onAttempt: parseFunction,
  onCall: parseFunction,
};

const parseChainFields = objectOf(CHAIN_FIELDS);

/** The options of a chain, checked; @throws `config` that names the option */
export function parseChainOptions(options: unknown): ChainOptions {
  return parseOptions(options ?? {}, parseChainFields, "createChain()");
}

/** What `creator` was given, read by `parse`; @throws `config` that names the option */
export function parseOptions<Options>(
  options: unknown,
  parse: FieldParser<Options>,
  creator: string,
): Options {
  return parseInput(options, parse, {
    code: "config",
    whole: `the options of ${creator}`,
    field: `${creator} option`,
  });
}

/** The candidates of a chain, each as an object; @throws `config` for anything else in the list, and for none */
export function parseCandidates(candidates: unknown): readonly Candidate[] {
  return parseInput(candidates, parseCandidateList, {
    code: "config",
    whole: "the list of candidates",
    field: "candidate",
  });
}

const parseCandidateFields = objectOf<Candidate>(
  { provider: parseProvider, model: parseName, explicit: parseBoolean },
  { required: ["provider"] },
);

function parseCandidateList(value: unknown): readonly Candidate[] {
  const all = parseList(value, parseCandidate);
  if (all.length === 0) throw fieldProblem("is empty", "at least one provider");
  return all;
}

function parseCandidate(value: unknown): Candidate {
  const isProvider =
    typeof value !== "object" || value === null || !("provider" in value) || "stream" in value;
  return isProvider ? { provider: parseProvider(value) } : parseCandidateFields(value);
}

function parseFactor(value: unknown): number {
  if (typeof value === "number" && value >= 1 && value < Number.POSITIVE_INFINITY) return value;
  throw wrongValue(value, "a number from 1 on");
}

function parseRate(value: unknown): number {
  if (typeof value === "number" && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw wrongValue(value, "characters per second, or 0 to turn it off");
}

/** A store as it is: its methods may need their object as `this`. */
function parseHealth(value: unknown): HealthStore {
  const store = parseFields(value);
  for (const verb of ["peek", "admit", "succeed", "fail", "release"]) {
    if (typeof store[verb] !== "function")
      throw fieldProblem(
        `is ${kindOf(value)} without \`${verb}()\``,
        "a health store, createMemoryHealth() for example",
      );
  }
  return value as HealthStore;
}
