import type { Usage } from "@fallthrough/core";
import type { RateLimit } from "@fallthrough/core/internal";
import type { Entry, Waiting } from "./entry.ts";
import type { AdmitOptions, Health } from "./health.ts";
import { createLedger, type DeclaredLimits, type Ledger, type LimitState, type Share } from "./ledger.ts";

/** What a call takes where nothing is limited. */
export const NO_SHARE: Share = { characters: 0, tokens: 0 };

/** The ledger of a model, or one of which nothing is spent where only limits are declared. */
export function ledgerOf(model: Entry | undefined, declared: DeclaredLimits | undefined): Ledger | undefined {
  return model?.ledger ?? (declared && createLedger(declared));
}

/** Takes what is declared of a model. */
export function declareLimits(model: Entry, declared: DeclaredLimits): void {
  if (model.ledger === undefined) model.ledger = createLedger(declared);
  else model.ledger.declare(declared);
}

/** What a call takes of a model's limits: a request is measured only where its tokens count. */
export function shareOf(model: Entry, { characters }: AdmitOptions, time: number): Share {
  const { ledger } = model;
  if (ledger === undefined || characters === undefined || !ledger.countsTokens(time)) return NO_SHARE;
  const counted = characters();
  return { characters: counted, tokens: ledger.estimate(counted) };
}

/** Takes what the head of an answer told; what calls under way take is reserved where that was not yet done. */
export function noteLimits(
  model: Entry,
  { order }: Waiting,
  limits: readonly RateLimit[],
  time: number,
): void {
  if (model.ledger === undefined) {
    model.ledger = createLedger(undefined);
    for (const { order: place, share } of model.waiting) model.ledger.reserve(place, share, time);
  }
  model.ledger.told(order, limits, time);
}

/** Gives back what was reserved and not taken; a server that counts nothing took what was reserved. */
export function settleShare(model: Entry, { order, share }: Waiting, usage: Usage | undefined): void {
  const {
    inputTokens: input = 0,
    outputTokens: output = 0,
    totalTokens: total = input + output,
  } = usage ?? {};
  model.ledger?.settle(order, { input, total: usage === undefined ? share.tokens : total });
}

/** The state of a model of which a limit has no room. */
export function fullHealth(lacking: LimitState): Health {
  const { remainingMs } = lacking;
  return {
    state: "refused",
    remainingMs,
    openMs: 0,
    code: "rate-limit",
    effect: "cool",
    repeats: 0,
    lacking,
  };
}

/** What is left, with what a refusal said where no header and no preset did. */
export function limitsOf({ state, code, remainingMs }: Health, states: LimitState[]): LimitState[] {
  const isTold = states.some(({ left }) => left === 0);
  if (state !== "refused" || code !== "rate-limit" || isTold) return states;
  return [...states, { unit: "requests", left: 0, remainingMs, source: "learned from a refusal" }];
}
