import {
  type Attempt,
  attachRoute,
  ChatError,
  type ChatRequest,
  callOf,
  capTimeout,
  createPartIterator,
  END,
  type GuardedParts,
  requiredCapabilities,
  resolveTimeouts,
  type StreamPart,
  type Timeouts,
} from "@fallthrough/core";
import type { Accounts, HeldFailure } from "./accounts.ts";
import { admit, coolingSkip, isPromise } from "./admission.ts";
import { type AttemptParts, type ChainCallOptions, createAttempt } from "./attempt.ts";
import { capsOf, deadlineError, isExpired, startBudget } from "./budget.ts";
import type { Plan, Planned, Skip } from "./candidate.ts";
import type { HealthStore, Permit } from "./health.ts";
import { isOffline } from "./offline.ts";
import { pause } from "./pause.ts";
import { BACK_OFF_MS, type Policy } from "./policy.ts";
import { createRouteLog } from "./route-log.ts";
import { isFinal, mayAskAgain, type Rules, skipOf } from "./rules.ts";
import { verdictOn } from "./verdict.ts";

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
  planFor: Plan,
  request: ChatRequest,
  {
    timeouts: outerTimeouts,
    caps,
    reasoningOnly = context.reasoningOnly,
    outer,
    route = callOf(request.signal)?.route,
  }: ChainCallOptions = {},
): GuardedParts {
  const { policy, health, accounts, onAttempt } = context;
  const { signal } = request;
  const timeouts = resolveTimeouts(outerTimeouts, context.timeouts);
  const log = createRouteLog({ route, onAttempt, outer });
  const held: HeldFailure[] = [];
  let stopPausing = (): void => {};
  let rules: Rules;
  let opening = false;
  let attempt: AttemptParts | undefined;
  let committed = false;
  let ended = false;
  /** Who failed last. */
  let last: { readonly planned: Planned; readonly reason: unknown } | undefined;

  async function open(): Promise<Result> {
    const plan = planFor({ model: request.model, capabilities: requiredCapabilities(request) });
    const admission = { plan, health };

    for (const [index, planned] of plan.entries()) {
      if (isOver()) return END;
      const skip = skipOf(rules, planned);
      const admitted = skip === undefined ? admit(admission, planned) : undefined;
      const permit = isPromise(admitted) ? await admitted : admitted;
      if (permit === undefined) {
        recordSkip(planned, skip);
        continue;
      }
      const others = plan.some((other, place) => place > index && isLeft(other));
      const result = await ask(planned, permit, others);
      if (result !== undefined) return result;
    }
    if (last !== undefined && mayAskAgain(rules, last.reason)) {
      const { planned } = last;
      const leaving = new AbortController();
      stopPausing = () => leaving.abort();
      await pause(BACK_OFF_MS * Math.random(), [signal, leaving.signal]);
      if (isOver()) return END;
      const { subject } = planned;
      const permit = (await health.admit(subject, { force: true })) ?? { subject };
      const result = await ask(planned, permit, false);
      if (result !== undefined) return result;
    }
    accounts.settle(held, isOffline(log.errors()));
    throw verdictOn(plan, log, health);
  }

  /** @throws the caller's own reason */
  function isOver(): boolean {
    if (signal?.aborted) throw signal.reason;
    return ended;
  }

  function isLeft(planned: Planned): boolean {
    const { state } = health.peek(planned.subject);
    return skipOf(rules, planned) === undefined && (state === "ready" || state === "half-open");
  }

  function recordSkip({ subject }: Planned, skip: Skip | undefined): void {
    const { code, reason } = skip ?? coolingSkip(health.peek(subject)) ?? { reason: "cooling" };
    log.add({
      attempt: { ...subject, outcome: "skipped", ...(code === undefined ? {} : { code }), ms: 0, reason },
    });
  }

  /** The first result of this one, `undefined` where the next may be asked; @throws where nobody else is to be */
  async function ask(planned: Planned, permit: Permit, others: boolean): Promise<Result | undefined> {
    const now = performance.now();
    if (ended || isExpired(rules.budget, now)) {
      accounts.release(permit);
      if (ended) return END;
      throw attachRoute(deadlineError(rules.budget), log.route());
    }
    const options = { timeouts, caps: capsOf(rules.budget, others, now), reasoningOnly, route };
    const context = { request, log, accounts, held, health, started: now };
    attempt = createAttempt(context, planned, permit, options);
    try {
      const result = await attempt.next();
      committed = !result.done;
      if (committed) accounts.settle(held, false);
      return result;
    } catch (reason) {
      attempt = undefined;
      if (signal?.aborted || isFinal(rules, reason, planned)) throw reason;
      last = { planned, reason };
      return undefined;
    }
  }

  function begin(): Promise<Result> {
    const { commitMs, totalMs } = resolveTimeouts(timeouts, request.timeouts);
    const budget = startBudget({
      commitMs: capTimeout(commitMs, caps?.commitMs),
      totalMs: capTimeout(totalMs, caps?.totalMs),
    });
    rules = { policy, log, budget };
    return open().catch((reason) => {
      ended = true;
      accounts.settle(held, signal?.aborted === true);
      throw reason;
    });
  }

  return createPartIterator({
    take: () => (committed ? attempt?.take() : undefined),
    next() {
      if (committed && attempt !== undefined) return attempt.next();
      if (ended) return Promise.resolve(END);
      if (opening) {
        return Promise.reject(
          new ChatError("config", "the stream is read twice at once, expected one reader"),
        );
      }
      opening = true;
      return begin();
    },
    async return() {
      ended = true;
      stopPausing();
      await attempt?.return();
      accounts.settle(held, true);
      return END;
    },
  });
}
