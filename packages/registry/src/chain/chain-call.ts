import type { Attempt, ChatRequest, StreamPart, Timeouts } from "@fallthrough/core";
import {
  abortReason,
  attachRoute,
  callOf,
  capTimeout,
  createPartReader,
  type GuardedAnswer,
  type GuardOptions,
  LISTS,
  type ListedStream,
  type OpeningLists,
  requiredCapabilities,
  resolveTimeouts,
} from "@fallthrough/core/internal";
import { admit, coolingSkip, isPromise } from "../health/admission.ts";
import type { HealthStore, Permit } from "../health/health.ts";
import type { Accounts, HeldFailure } from "../health/health-report.ts";
import { BACK_OFF_MS, type Policy } from "../health/policy.ts";
import { attemptOf, createAttempt } from "./attempt.ts";
import { capsOf, deadlineError, isExpired, startBudget } from "./budget.ts";
import type { Plan, Planned, Skip } from "./candidate.ts";
import { pause } from "./delay.ts";
import { verdictOn } from "./final-error.ts";
import { isFinal, mayAskAgain, type Rules, skipOf } from "./next-step.ts";
import { isOffline } from "./offline.ts";
import { createRouteLog, type RouteLog } from "./route-log.ts";

/** What all calls of one chain share; nothing in it changes but the health store. */
export interface ChainContext {
  /** What follows each error code. */
  readonly policy: Policy;
  /** The memory of failures. */
  readonly health: HealthStore;
  /** Where success and failure are reported. */
  readonly accounts: Accounts;
  /** The timers of the chain. */
  readonly timeouts?: Timeouts | undefined;
  /** Whether reasoning alone is an answer. */
  readonly reasoningOnly?: boolean | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}

/**
 * One call of a chain: the attempts until one commits. What it opens to is that one's answer, as its guard gives it.
 *
 * `parse` gives a checked copy of the request: each attempt gets one of its own, so that what a provider changes in it
 * changes nothing for the next or for the caller.
 */
export function createChainCall(
  context: ChainContext,
  plan: Plan,
  parse: () => ChatRequest,
  options: GuardOptions = {},
): ListedStream<GuardedAnswer> & OpeningLists<GuardedAnswer> {
  return new ChainCall(context, plan, parse, options);
}

/** What one call has found out. */
interface Run {
  readonly request: ChatRequest;
  readonly log: RouteLog;
  readonly rules: Rules;
  /** What holds for every attempt. */
  readonly guarding: GuardOptions;
  /** Who failed last. */
  last?: { readonly planned: Planned; readonly reason: unknown };
}

class ChainCall implements ListedStream<GuardedAnswer>, OpeningLists<GuardedAnswer> {
  private readonly context: ChainContext;
  private readonly planFor: Plan;
  // hidden, so that nobody logs a prompt who logs a stream
  readonly #parse: () => ChatRequest;
  readonly #options: GuardOptions;
  #attempt: OpeningLists<GuardedAnswer> | undefined = undefined;
  #reader: AsyncIterableIterator<StreamPart, undefined> | undefined = undefined;
  private readonly held: HeldFailure[] = [];
  private stopPausing: (() => void) | undefined = undefined;
  private asked = false;
  private left = false;

  constructor(context: ChainContext, planFor: Plan, parse: () => ChatRequest, options: GuardOptions) {
    this.context = context;
    this.planFor = planFor;
    this.#parse = parse;
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<StreamPart, undefined> {
    this.#reader ??= createPartReader(this, (part) => part);
    return this.#reader;
  }

  [LISTS](): this {
    return this;
  }

  async open(): Promise<GuardedAnswer | undefined> {
    if (this.left) return undefined;
    const request = this.#parse();
    try {
      return await this.ask(this.begin(request));
    } catch (reason) {
      this.settle(request.signal?.aborted === true);
      throw reason;
    }
  }

  async return(): Promise<void> {
    this.left = true;
    this.stopPausing?.();
    await this.#attempt?.return();
    this.settle(true);
  }

  private begin(request: ChatRequest): Run {
    const call = callOf(request.signal);
    const { caps, route = call?.route, chain = call?.chain, reasoningOnly } = this.#options;
    const { policy, onAttempt } = this.context;
    const timeouts = resolveTimeouts(this.#options.timeouts, this.context.timeouts);
    const { commitMs, totalMs } = resolveTimeouts(timeouts, request.timeouts);
    const budget = startBudget({
      commitMs: capTimeout(commitMs, caps?.commitMs),
      totalMs: capTimeout(totalMs, caps?.totalMs),
    });
    const log = createRouteLog({ route, onAttempt, outer: chain as RouteLog | undefined });
    const guarding = { timeouts, route, reasoningOnly: reasoningOnly ?? this.context.reasoningOnly };
    return { request, log, rules: { policy, log, budget }, guarding };
  }

  private async ask(run: Run): Promise<GuardedAnswer | undefined> {
    const { request, rules, log } = run;
    const { health } = this.context;
    const plan = this.planFor({ model: request.model, capabilities: requiredCapabilities(request) });
    const admission = { plan, health };

    for (const [index, planned] of plan.entries()) {
      if (this.isOver(run)) return undefined;
      const skip = skipOf(rules, planned);
      const admitted = skip === undefined ? admit(admission, planned) : undefined;
      const permit = isPromise(admitted) ? await admitted : admitted;
      if (permit === undefined) {
        this.recordSkip(log, planned, skip);
        continue;
      }
      const others = plan.some((other, place) => place > index && this.isLeft(rules, other));
      const answer = await this.attempt(run, planned, permit, others);
      if (answer !== undefined || this.left) return answer;
    }
    if (run.last !== undefined && mayAskAgain(rules, run.last.reason)) {
      const { planned } = run.last;
      const leaving = new AbortController();
      this.stopPausing = () => leaving.abort();
      await pause(BACK_OFF_MS * Math.random(), [request.signal, leaving.signal]);
      if (this.isOver(run)) return undefined;
      const { subject } = planned;
      const permit = (await health.admit(subject, { force: true })) ?? { subject };
      const answer = await this.attempt(run, planned, permit, false);
      if (answer !== undefined || this.left) return answer;
    }
    this.settle(isOffline(log.errors()));
    throw verdictOn(plan, log, health);
  }

  /** @throws the caller's own reason */
  private isOver({ request: { signal } }: Run): boolean {
    if (signal?.aborted) throw abortReason(signal);
    return this.left;
  }

  private isLeft(rules: Rules, planned: Planned): boolean {
    const { state } = this.context.health.peek(planned.subject);
    return skipOf(rules, planned) === undefined && (state === "ready" || state === "half-open");
  }

  private recordSkip(log: RouteLog, { subject }: Planned, skip: Skip | undefined): void {
    const { health } = this.context;
    const { code, reason } = skip ?? coolingSkip(health.peek(subject)) ?? { reason: "cooling" };
    log.add({
      attempt: {
        ...attemptOf(subject),
        outcome: "skipped",
        ...(code === undefined ? {} : { code }),
        ms: 0,
        reason,
      },
    });
  }

  /** The answer of this one, `undefined` where the next may be asked; @throws where nobody else is to be */
  private async attempt(
    run: Run,
    planned: Planned,
    permit: Permit,
    others: boolean,
  ): Promise<GuardedAnswer | undefined> {
    const { request, rules, log, guarding } = run;
    const { accounts, health } = this.context;
    const { held } = this;
    const { observer } = this.#options;
    const now = performance.now();
    if (this.left || isExpired(rules.budget, now)) {
      accounts.release(permit);
      if (this.left) return undefined;
      throw attachRoute(deadlineError(rules.budget), log.route());
    }
    const own = this.asked ? this.#parse() : request;
    this.asked = true;
    const context = { request: own, log, accounts, held, health, observer, started: now };
    const caps = capsOf(rules.budget, others, now);
    this.#attempt = createAttempt(context, planned, permit, { ...guarding, caps });
    try {
      const answer = await this.#attempt.open();
      if (answer !== undefined) this.settle(false);
      return answer;
    } catch (reason) {
      this.#attempt = undefined;
      if (request.signal?.aborted || isFinal(rules, reason, planned)) throw reason;
      run.last = { planned, reason };
      return undefined;
    }
  }

  /** Counts the failures that were held back, or drops them where this machine was offline. */
  private settle(offline: boolean): void {
    if (this.held.length > 0) this.context.accounts.settle(this.held, offline);
  }
}
