import type { Attempt, ChatError, ChatErrorCode, ChatErrorData, Route } from "@fallthrough/core";
import {
  briefError,
  EXHAUSTED,
  type ExhaustedCall,
  isExhausted,
  settleStack,
} from "@fallthrough/core/internal";
import type { Health } from "../health/health.ts";
import { wordsOf } from "../health/health-words.ts";

/** One attempt, with its failure where there was one. */
export interface Outcome {
  /** The attempt as the route shows it. */
  readonly attempt: Attempt;
  /** Why it failed; absent for a skipped one. */
  readonly error?: ChatError | undefined;
  /** The state of the asked provider after its failure, where the health store returned it. */
  readonly health?: Health | undefined;
}

/** A `ChainExhaustedError` as plain data, for logs, for JSON and for other threads. */
export interface ChainExhaustedErrorData {
  /** "ChainExhaustedError". */
  readonly name: string;
  /** One line for each attempt. */
  readonly message: string;
  /** The one code that all attempts share. */
  readonly code?: ChatErrorCode | undefined;
  /** When the first candidate may be asked again, as an ISO date. */
  readonly retryAt?: string | undefined;
  /** Who was asked, and who was skipped. */
  readonly route: Route;
  /** The failure of each attempt that failed, in order. */
  readonly errors: readonly ChatErrorData[];
}

/**
 * Nobody answered: every candidate failed or was skipped.
 *
 * The message has one line for each attempt; `errors` keeps the `ChatError` of each that failed, in order. Those have no
 * stack of their own, so that an error that nobody catches is printed in a few lines.
 * `instanceof` holds across copies of this package.
 */
export class ChainExhaustedError extends AggregateError implements ExhaustedCall {
  /** Always `ChainExhaustedError`. */
  override readonly name: string = "ChainExhaustedError";
  /** One error for each attempt that failed. */
  declare readonly errors: ChatError[];
  /** Who was asked and who was skipped. */
  declare readonly route: Route;
  /** The one code that all attempts share. */
  readonly code?: ChatErrorCode | undefined;
  /** When the first candidate may be asked again, where that is known. */
  readonly retryAt?: Date | undefined;

  constructor(outcomes: readonly Outcome[], retryAt?: Date | undefined) {
    super(
      outcomes.flatMap(({ error }) => (error === undefined ? [] : briefError(error))),
      formatMessage(outcomes, retryAt),
    );
    const attempts = outcomes.map(({ attempt }) => attempt);
    const codes = new Set(attempts.map(({ code }) => code));
    this.code = codes.size === 1 ? attempts[0]?.code : undefined;
    this.retryAt = retryAt;
    Object.defineProperties(this, { [EXHAUSTED]: { value: true }, route: { value: { attempts } } });
    settleStack(this);
  }

  /** The facts as plain data: no stack, nothing of an answer. */
  toJSON(): ChainExhaustedErrorData {
    const { name, message, code, retryAt, route } = this;
    const errors = this.errors.map((error) => error.toJSON());
    return { name, message, code, retryAt: retryAt?.toISOString(), route, errors };
  }

  /** Recognises the errors of every copy of this package; `false` for a value that throws when it is looked at. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isExhausted(value);
  }
}

function formatMessage(outcomes: readonly Outcome[], retryAt: Date | undefined): string {
  const asked = outcomes.filter(({ attempt }) => attempt.outcome !== "skipped").length;
  const counts = `${asked} asked, ${outcomes.length - asked} skipped`;
  const hint = retryAt === undefined ? "" : `, try again at ${retryAt.toISOString()}`;
  return [`no provider answered (${counts})${hint}`, ...outcomes.map(formatOutcome)].join("\n");
}

function formatOutcome({ attempt, error, health }: Outcome): string {
  const { provider, model, key, outcome, code, reason } = attempt;
  const message = error?.message.replace(`[${error.provider}] `, "");
  const state = health === undefined || health.state === "well" ? undefined : wordsOf(health, Date.now());
  const facts = [outcome, code, message, reason, state].filter((fact) => fact !== undefined);
  const advice = outcome === "failed" ? adviceOf(error) : undefined;
  const asked = model === undefined ? provider : `${provider}/${model}`;
  const name = key === undefined ? asked : `${asked} with key ${key.position} (${key.mark})`;
  return `  ${name}: ${facts.join(", ")}${advice === undefined ? "" : ` (${advice})`}`;
}

/** What can be done, in brackets; empty for a provider of an earlier release. */
function adviceOf(error: ChatError | undefined): string | undefined {
  const { fix } = Object(error) as { readonly fix?: unknown };
  if (typeof fix !== "string") return undefined;
  return `${fix.charAt(0).toLowerCase()}${fix.slice(1)}`.replace(/\.$/, "");
}
