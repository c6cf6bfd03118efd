import {
  type Attempt,
  type ChainRequest,
  type ChainTimeouts,
  ChatError,
  type StreamPart,
} from "@fallthrough/core";
import {
  abortReason,
  attachRoute,
  callOf,
  capTimeout,
  countCharacters,
  createPartReader,
  type GuardedAnswer,
  type GuardOptions,
  idsOf,
  isEmptyAllowed,
  LISTS,
  type ListedStream,
  mergeTimeouts,
  needsOf,
  type OpeningLists,
  parseChainRequest,
  resolveTimeouts,
} from "@fallthrough/core/internal";
import type { CallStarted, OnCall } from "../events/call-events.ts";
import { type CallReporter, openReporter } from "../events/call-reporter.ts";
import type { HealthStore } from "../health/health.ts";
import type { Accounts, HeldFailure } from "../health/health-report.ts";
import { BACK_OFF_MS, type Policy, PROBE_WAIT_MS } from "../health/policy.ts";
import { attemptOf, type CandidateCall, createAttempt } from "./attempt.ts";
import { capsOf, deadlineError, isExpired, remainingMs, startBudget } from "./budget.ts";
import type { LaterPlan, Planned, Skip } from "./candidate.ts";
import { pause, waitFor } from "./delay.ts";
import { ChainExhaustedError } from "./exhausted.ts";
import { verdictOn } from "./final-error.ts";
import { isFinal, type ListedWindow, mayAskAgain, type Rules, skipOf } from "./next-step.ts";
import { isOffline } from "./offline.ts";
import { createRouteLog, type RouteLog } from "./route-log.ts";
import { isSlow, longestSilence } from "./silence.ts";
import { createWalk, isPromise, type Turn, type Walk } from "./walk.ts";

/** What all calls of one chain share; nothing in it changes but the health store. */
export interface ChainContext {
  /** What follows each error code. */
  readonly policy: Policy;
  /** The memory of failures. */
  readonly health: HealthStore;
  /** Where success and failure are reported. */
  readonly accounts: Accounts;
  /** The timers of the chain. */
  readonly timeouts?: ChainTimeouts | undefined;
  /** The context window that the server of a provider listed for a model. */
  readonly listedWindow?: ListedWindow | undefined;
  /** Whether reasoning alone is an answer. */
  readonly reasoningOnly?: boolean | undefined;
  /** Whether an answer with nothing in it is one. */
  readonly emptyAllowed?: boolean | undefined;
  /** Characters per second below which an answer is left for the next. */
  readonly minRate?: number | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
  /** Told of every call. */
  readonly listeners: ReadonlySet<OnCall>;
  /** Aborts with the reason for every call, once the chain is closed. */
  readonly closing: AbortSignal;
}

/**
 * One call of a chain: the attempts until one commits. What it opens to is that one's answer, as its guard gives it.
 *
 * `read` gives a checked copy of the request, of which each attempt gets one of its own: what a provider changes in it
 * changes nothing for the next. Where nobody comes after it, it gets the call's own.
 */
export function createChainCall(
  context: ChainContext,
  plan: LaterPlan,
  read: () => ChainRequest,
  options: GuardOptions = {},
  operation: CallStarted["operation"] = "chat",
): ListedStream<GuardedAnswer> & OpeningLists<GuardedAnswer> {
  return new ChainCall(context, plan, read, options, operation);
}

/** What one call has found out. */
interface Run {
  readonly request: ChainRequest;
  readonly plan: readonly Planned[];
  readonly log: RouteLog;
  readonly rules: Rules;
  /** What holds for every attempt. */
  readonly guarding: GuardOptions;
  /** The log of the chain around this one. */
  readonly outer: RouteLog | undefined;
  /** The length of the request, once somebody had to know it. */
  characters?: number;
  /** Who failed last. */
  last?: { readonly turn: Turn; readonly reason: unknown };
}

class ChainCall implements ListedStream<GuardedAnswer>, OpeningLists<GuardedAnswer> {
  private readonly context: ChainContext;
  private readonly planFor: LaterPlan;
  // hidden, so that nobody logs a prompt who logs a stream
  readonly #read: () => ChainRequest;
  readonly #options: GuardOptions;
  private readonly operation: CallStarted["operation"];
  #reporter: CallReporter | undefined = undefined;
  #attempt: CandidateCall | undefined = undefined;
  #reader: AsyncIterableIterator<StreamPart, undefined> | undefined = undefined;
  private readonly held: HeldFailure[] = [];
  private leavingSignals: AbortController | undefined = undefined;
  private left = false;

  constructor(
    context: ChainContext,
    planFor: LaterPlan,
    read: () => ChainRequest,
    options: GuardOptions,
    operation: CallStarted["operation"],
  ) {
    this.context = context;
    this.planFor = planFor;
    this.#read = read;
    this.#options = options;
    this.operation = operation;
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
    const request = this.#read();
    this.report(request);
    try {
      const planned = this.planFor({ model: request.model, needs: needsOf(request) }, request.signal);
      const plan = isPromise(planned) ? await planned : planned;
      return await this.ask(this.begin(request, plan));
    } catch (reason) {
      const aborted = request.signal?.aborted === true;
      this.settle(aborted);
      const failure = aborted ? reason : knownFailure(reason);
      this.#reporter?.fail(failure, aborted);
      throw failure;
    }
  }

  async return(): Promise<void> {
    this.left = true;
    this.leavingSignals?.abort();
    await this.#attempt?.return();
    this.#reporter?.abandon();
    this.settle(true);
  }

  /** Tells that the call begins, where somebody listens. */
  private report(request: ChainRequest): void {
    const { operation } = this;
    const { chain = callOf(request.signal)?.chain, observer } = this.#options;
    const reported = { request, operation, observer, isInner: chain !== undefined };
    this.#reporter = openReporter(this.context.listeners, reported);
  }

  /** Aborts when the caller leaves; most calls wait for nothing and need none. */
  private get leaving(): AbortController {
    this.leavingSignals ??= new AbortController();
    return this.leavingSignals;
  }

  private begin(request: ChainRequest, plan: readonly Planned[]): Run {
    const call = callOf(request.signal);
    const { caps, route = call?.route, chain = call?.chain, reasoningOnly } = this.#options;
    const { policy, onAttempt, listedWindow } = this.context;
    const timeouts = mergeTimeouts(this.#options.timeouts, this.context.timeouts);
    const { commitMs, totalMs } = resolveTimeouts(timeouts, request.timeouts);
    const set = request.timeouts?.commitMs ?? timeouts.commitMs ?? caps?.commitMs;
    const budget = startBudget({
      commitMs: capTimeout(commitMs, caps?.commitMs),
      totalMs: capTimeout(totalMs, caps?.totalMs),
      lenient: set === undefined,
    });
    const outer = chain as RouteLog | undefined;
    const log = createRouteLog({ route, onAttempt, reporter: this.#reporter, outer });
    const guarding = {
      timeouts,
      route,
      reasoningOnly: reasoningOnly ?? this.context.reasoningOnly,
      emptyAllowed: this.context.emptyAllowed || isEmptyAllowed(request.signal),
      closing: this.context.closing,
      ids: this.#options.ids ?? (request.providerOptions && plan.flatMap(({ provider }) => idsOf(provider))),
    };
    return {
      request,
      plan,
      log,
      rules: { policy, log, budget, listedWindow, beyondKeys: new Map() },
      guarding,
      outer,
    };
  }

  private async ask(run: Run): Promise<GuardedAnswer | undefined> {
    const walk = this.walkOver(run);

    for (;;) {
      if (this.isOver(run)) return undefined;
      const next = walk.next();
      const turn = isPromise(next) ? await next : next;
      if (turn === undefined) break;
      const answer = await this.attempt(run, walk, turn);
      if (answer !== undefined || this.left) return answer;
    }
    const answer = await this.askAgain(run, walk);
    if (answer !== undefined || this.left) return answer;
    walk.close();
    this.settle(isOffline(run.log.errors()));
    throw verdictOn(run.log, walk.retryAt());
  }

  private walkOver(run: Run): Walk {
    const { request, plan, rules, log, guarding, outer } = run;
    return createWalk({
      plan,
      health: this.context.health,
      lastResort: outer?.others !== true,
      skipOf: (planned) => skipOf(rules, planned),
      firstChunkOf: (planned) => longestSilence(planned, request.timeouts, guarding.timeouts),
      characters: () => {
        run.characters ??= countCharacters(request);
        return run.characters;
      },
      wait: async (settled) => {
        const ms = Math.min(PROBE_WAIT_MS, remainingMs(rules.budget, performance.now()));
        await waitFor(settled, ms, [request.signal, this.leaving.signal]);
      },
      record: (planned, skip) => recordSkip(log, planned, skip),
    });
  }

  /** One more try on the last candidate, where its failure may pass at once and the time allows it. */
  private async askAgain(run: Run, walk: Walk): Promise<GuardedAnswer | undefined> {
    const { request, rules, last, outer } = run;
    if (last === undefined || last.turn.forced || outer?.others || !mayAskAgain(rules, last.reason))
      return undefined;
    const ms = BACK_OFF_MS * Math.random();
    if (remainingMs(rules.budget, performance.now()) <= ms) return undefined;
    await pause(ms, [request.signal, this.leaving.signal]);
    if (this.isOver(run)) return undefined;
    const { planned } = last.turn;
    const permit = await walk.admitAgain(planned);
    if (!permit.admitted) return undefined;
    return this.attempt(run, walk, { planned, permit, forced: true, others: false, last: true });
  }

  /** @throws the caller's own reason, and that of a closed chain */
  private isOver({ request: { signal } }: Run): boolean {
    if (signal?.aborted) throw abortReason(signal);
    if (this.context.closing.aborted) throw this.context.closing.reason;
    return this.left;
  }

  /** The answer of this one, `undefined` where the next may be asked; @throws where nobody else is to be */
  private async attempt(run: Run, walk: Walk, turn: Turn): Promise<GuardedAnswer | undefined> {
    const { request, rules, log, guarding, outer } = run;
    const { planned, permit, others } = turn;
    const { accounts, closing } = this.context;
    const { held } = this;
    const observer = this.#reporter ?? this.#options.observer;
    const now = performance.now();
    if (this.left || request.signal?.aborted || closing.aborted || isExpired(rules.budget, now)) {
      accounts.release(permit);
      if (this.isOver(run)) return undefined;
      throw attachRoute(deadlineError(rules.budget), log.route());
    }
    const own = turn.last ? request : parseChainRequest(request);
    const closeWalk = () => walk.close();
    const context = { request: own, log, accounts, held, closeWalk, observer, started: now };
    const slow = isSlow(planned);
    const caps = capsOf(rules.budget, others, now, { slow, patienceMs: permit.patienceMs });
    log.others = others || outer?.others === true;
    const minRate = log.others ? (this.#options.minRate ?? this.context.minRate) : undefined;
    const attempt = createAttempt(context, planned, permit, { ...guarding, caps, minRate });
    this.#attempt = attempt;
    try {
      const answer = await attempt.open();
      if (answer !== undefined) this.settle(false);
      return answer;
    } catch (reason) {
      this.#attempt = undefined;
      if (slow) rules.budget.lentMs += performance.now() - now;
      if (request.signal?.aborted || closing.aborted || isFinal(rules, reason, planned)) throw reason;
      if (attempt.declined()) walk.declined(planned);
      else walk.failed(attempt.health);
      run.last = { turn, reason };
      return undefined;
    }
  }

  /** Counts the failures that were held back, or drops them where this machine was offline. */
  private settle(offline: boolean): void {
    if (this.held.length > 0) this.context.accounts.settle(this.held, offline);
  }
}

/** What a health store threw, or a card that is another one each time, as an error that callers know. */
function knownFailure(reason: unknown): Error {
  if (reason instanceof ChatError || reason instanceof ChainExhaustedError) return reason;
  const problem = "the health store, or the card of a provider, failed";
  return new ChatError("config", `${problem}, expected what their contract says`, { cause: reason });
}

function recordSkip(log: RouteLog, planned: Planned, { code, reason }: Skip): void {
  const facts = { outcome: "skipped", ...(code === undefined ? {} : { code }), ms: 0, reason } as const;
  log.add({ attempt: { ...attemptOf(planned), ...facts } });
}
