import { type Attempt, ChatError, type ChatRequest, type StreamPart, type Timeouts } from "@fallthrough/core";
import {
  attachRoute,
  callOf,
  capTimeout,
  END,
  type GuardedParts,
  type OpenRoute,
  requiredCapabilities,
  resolveTimeouts,
  TAKE,
} from "@fallthrough/core/internal";
import { admit, coolingSkip, isPromise } from "../health/admission.ts";
import type { HealthStore, Permit } from "../health/health.ts";
import type { Accounts, HeldFailure } from "../health/health-report.ts";
import { BACK_OFF_MS, type Policy } from "../health/policy.ts";
import { type AttemptParts, type ChainCallOptions, createAttempt } from "./attempt.ts";
import { capsOf, deadlineError, isExpired, startBudget } from "./budget.ts";
import type { Plan, Planned, Skip } from "./candidate.ts";
import { pause } from "./delay.ts";
import { verdictOn } from "./final-error.ts";
import { isFinal, mayAskAgain, type Rules, skipOf } from "./next-step.ts";
import { isOffline } from "./offline.ts";
import { createRouteLog, type RouteLog } from "./route-log.ts";

/** What all calls of one chain share; nothing in it changes but the health store. */
export interface ChainContext {
  readonly policy: Policy;
  readonly health: HealthStore;
  readonly accounts: Accounts;
  readonly timeouts?: Timeouts | undefined;
  readonly reasoningOnly?: boolean | undefined;
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}

type Result = IteratorResult<StreamPart, undefined>;

/** The stream of one call: the attempts until one commits, and then that one's parts as they are. */
export function createChainCall(
  context: ChainContext,
  plan: Plan,
  request: ChatRequest,
  options: ChainCallOptions = {},
): GuardedParts {
  return new ChainCall(context, plan, request, options);
}

class ChainCall implements GuardedParts {
  private readonly context: ChainContext;
  private readonly planFor: Plan;
  // hidden, so that nobody logs a prompt who logs a stream
  readonly #request: ChatRequest;
  #attempt: AttemptParts | undefined = undefined;
  private readonly options: ChainCallOptions;
  private readonly route: OpenRoute | undefined;
  private readonly timeouts: Timeouts;
  private readonly log: RouteLog;
  private readonly held: HeldFailure[] = [];
  private stopPausing: (() => void) | undefined = undefined;
  private rules: Rules | undefined = undefined;
  private committed = false;
  private ended = false;
  /** Who failed last. */
  private last: { readonly planned: Planned; readonly reason: unknown } | undefined = undefined;

  constructor(context: ChainContext, planFor: Plan, request: ChatRequest, options: ChainCallOptions) {
    const { outer, route = callOf(request.signal)?.route } = options;
    this.context = context;
    this.planFor = planFor;
    this.#request = request;
    this.options = options;
    this.route = route;
    this.timeouts = resolveTimeouts(options.timeouts, context.timeouts);
    this.log = createRouteLog({ route, onAttempt: context.onAttempt, outer });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [TAKE](): StreamPart | undefined {
    return this.committed ? this.#attempt?.take() : undefined;
  }

  next(): Promise<Result> {
    if (this.committed && this.#attempt !== undefined) return this.#attempt.next();
    if (this.ended) return Promise.resolve(END);
    if (this.rules !== undefined) {
      return Promise.reject(new ChatError("config", "the stream is read twice at once, expected one reader"));
    }
    const rules = this.startRules();
    this.rules = rules;
    return this.open(rules).catch((reason) => {
      this.ended = true;
      this.settle(this.#request.signal?.aborted === true);
      throw reason;
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.ended = true;
    this.stopPausing?.();
    await this.#attempt?.return();
    this.settle(true);
    return END;
  }

  private startRules(): Rules {
    const { caps } = this.options;
    const { commitMs, totalMs } = resolveTimeouts(this.timeouts, this.#request.timeouts);
    const budget = startBudget({
      commitMs: capTimeout(commitMs, caps?.commitMs),
      totalMs: capTimeout(totalMs, caps?.totalMs),
    });
    return { policy: this.context.policy, log: this.log, budget };
  }

  private async open(rules: Rules): Promise<Result> {
    const request = this.#request;
    const { health } = this.context;
    const plan = this.planFor({ model: request.model, capabilities: requiredCapabilities(request) });
    const admission = { plan, health };

    for (const [index, planned] of plan.entries()) {
      if (this.isOver()) return END;
      const skip = skipOf(rules, planned);
      const admitted = skip === undefined ? admit(admission, planned) : undefined;
      const permit = isPromise(admitted) ? await admitted : admitted;
      if (permit === undefined) {
        this.recordSkip(planned, skip);
        continue;
      }
      const others = plan.some((other, place) => place > index && this.isLeft(rules, other));
      const result = await this.ask(rules, planned, permit, others);
      if (result !== undefined) return result;
    }
    if (this.last !== undefined && mayAskAgain(rules, this.last.reason)) {
      const { planned } = this.last;
      const leaving = new AbortController();
      this.stopPausing = () => leaving.abort();
      await pause(BACK_OFF_MS * Math.random(), [request.signal, leaving.signal]);
      if (this.isOver()) return END;
      const { subject } = planned;
      const permit = (await health.admit(subject, { force: true })) ?? { subject };
      const result = await this.ask(rules, planned, permit, false);
      if (result !== undefined) return result;
    }
    this.settle(isOffline(this.log.errors()));
    throw verdictOn(plan, this.log, health);
  }

  /** @throws the caller's own reason */
  private isOver(): boolean {
    const { signal } = this.#request;
    if (signal?.aborted) throw signal.reason;
    return this.ended;
  }

  private isLeft(rules: Rules, planned: Planned): boolean {
    const { state } = this.context.health.peek(planned.subject);
    return skipOf(rules, planned) === undefined && (state === "ready" || state === "half-open");
  }

  private recordSkip({ subject }: Planned, skip: Skip | undefined): void {
    const { health } = this.context;
    const { code, reason } = skip ?? coolingSkip(health.peek(subject)) ?? { reason: "cooling" };
    this.log.add({
      attempt: { ...subject, outcome: "skipped", ...(code === undefined ? {} : { code }), ms: 0, reason },
    });
  }

  /** The first result of this one, `undefined` where the next may be asked; @throws where nobody else is to be */
  private async ask(
    rules: Rules,
    planned: Planned,
    permit: Permit,
    others: boolean,
  ): Promise<Result | undefined> {
    const { log, held, timeouts, route } = this;
    const { accounts, health, reasoningOnly } = this.context;
    const request = this.#request;
    const now = performance.now();
    if (this.ended || isExpired(rules.budget, now)) {
      accounts.release(permit);
      if (this.ended) return END;
      throw attachRoute(deadlineError(rules.budget), log.route());
    }
    const options = {
      timeouts,
      caps: capsOf(rules.budget, others, now),
      reasoningOnly: this.options.reasoningOnly ?? reasoningOnly,
      route,
    };
    const context = { request, log, accounts, held, health, started: now };
    const attempt = createAttempt(context, planned, permit, options);
    this.#attempt = attempt;
    try {
      const result = await attempt.next();
      this.committed = !result.done;
      if (this.committed) this.settle(false);
      return result;
    } catch (reason) {
      this.#attempt = undefined;
      if (request.signal?.aborted || isFinal(rules, reason, planned)) throw reason;
      this.last = { planned, reason };
      return undefined;
    }
  }

  /** Counts the failures that were held back, or drops them where this machine was offline. */
  private settle(offline: boolean): void {
    if (this.held.length > 0) this.context.accounts.settle(this.held, offline);
  }
}
