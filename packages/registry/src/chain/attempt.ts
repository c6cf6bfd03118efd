import {
  type Attempt,
  ChatError,
  type ChatRequest,
  type FinishPart,
  type PartialReply,
} from "@fallthrough/core";
import {
  abortReason,
  attachRoute,
  type CallObserver,
  type FailedCall,
  type GuardedAnswer,
  type GuardOptions,
  guard,
  isSelfGuarded,
  type OpeningLists,
  parseRateLimits,
} from "@fallthrough/core/internal";
import type { Health, Permit } from "../health/health.ts";
import type { Accounts, HeldFailure } from "../health/health-report.ts";
import { isOutdated, OUTDATED } from "../health/health-words.ts";
import type { Planned } from "./candidate.ts";
import type { RouteLog } from "./route-log.ts";
import { longestSilence } from "./silence.ts";

/** What an attempt is part of. */
export interface AttemptContext {
  /** The attempt's own copy: a provider may do with it what it likes. */
  readonly request: ChatRequest;
  /** The route of the call. */
  readonly log: RouteLog;
  /** Where success and failure are reported. */
  readonly accounts: Accounts;
  /** The failures that the call holds back from the accounts. */
  readonly held: HeldFailure[];
  /** The time at which the attempt begins, of `performance.now`. */
  readonly started: number;
  /** Told before the answer that nobody else is asked. */
  readonly closeWalk: () => void;
  /** Who watches the chain's own call. */
  readonly observer?: CallObserver | undefined;
}

/** The call to one candidate. */
export interface CandidateCall extends OpeningLists<GuardedAnswer> {
  /** The state of the candidate after its failure, where the health store returned it. */
  readonly health: Health | undefined;
  /** Whether it is a chain that asked nobody. */
  declined(): boolean;
}

/** So early a timer may end. */
const TIMER_MS = 2;

type Facts = Omit<Attempt, "provider" | "model" | "ms">;

/**
 * Asks one candidate; opening is its commit.
 *
 * However it ends, the attempt is in the log and in the health store by then; a failure carries the route. The answer
 * is the guard's own, and the guard reports its end to the attempt.
 */
export function createAttempt(
  context: AttemptContext,
  planned: Planned,
  permit: Permit,
  options: GuardOptions,
): CandidateCall {
  return new CandidateAttempt(context, planned, permit, options);
}

class CandidateAttempt implements CandidateCall, CallObserver {
  health: Health | undefined = undefined;
  readonly #context: AttemptContext;
  private readonly planned: Planned;
  private readonly permit: Permit;
  private readonly options: GuardOptions;
  /** The outcomes that were in the log before. */
  private earlier: number;
  private call: OpeningLists<GuardedAnswer> | undefined = undefined;
  private hasCommitted = false;
  /** When the first content came, where somebody wants to know. */
  private committedAt: number | undefined = undefined;
  private ended = false;

  constructor(context: AttemptContext, planned: Planned, permit: Permit, options: GuardOptions) {
    this.#context = context;
    this.planned = planned;
    this.permit = permit;
    this.options = options;
    this.earlier = context.log.outcomes.length;
  }

  async open(): Promise<GuardedAnswer | undefined> {
    try {
      this.call = this.begin();
      return await this.call.open();
    } catch (reason) {
      // the guard has reported it; a chain reports only the end of its answer
      if (this.ended) throw reason;
      throw this.failed(reason, { aborted: this.#context.request.signal?.aborted === true, unread: false });
    }
  }

  async return(): Promise<void> {
    await this.call?.return();
    if (!this.ended) this.abandon();
  }

  declined(): boolean {
    const told = this.#context.log.outcomes.slice(this.earlier);
    return told.length > 0 && told.every(({ attempt }) => attempt.outcome === "skipped");
  }

  committed(): void {
    const { planned, options } = this;
    const { provider, model } = planned.subject;
    const { route } = options;
    const { log } = this.#context;
    this.hasCommitted = true;
    this.#context.accounts.commit(this.permit);
    this.closeWalk();
    if (log.reported) {
      this.committedAt = performance.now();
      log.commit(attemptOf(planned), this.committedAt);
    }
    // a chain has named which of its own candidates it was
    if (route !== undefined && route.provider === undefined) {
      route.provider = provider;
      if (model !== undefined) route.model = model;
    }
    this.#context.observer?.committed();
  }

  headed(headers: Readonly<Record<string, string>>): void {
    const limits = parseRateLimits(headers);
    if (limits.length > 0) this.#context.accounts.note(this.permit, limits);
  }

  finished(finish: FinishPart, answer: () => PartialReply): FinishPart {
    const { accounts, log, observer } = this.#context;
    const { subject } = this.planned;
    const reportedModel = finish.model || undefined;
    // an answer that comes at once is whole before it commits
    this.closeWalk();
    accounts.succeed(this.permit, finish.usage);
    this.end({ outcome: "answered", ...(reportedModel === undefined ? {} : { reportedModel }) }, { finish });
    const model = finish.route?.model ?? reportedModel ?? subject.model;
    const answered = {
      provider: finish.route?.provider ?? subject.provider,
      ...(model === undefined ? {} : { model }),
    };
    const told = { ...finish, route: log.route(answered) };
    return observer === undefined ? told : observer.finished(told, answer);
  }

  failed(reason: unknown, facts: FailedCall): unknown {
    const { observer } = this.#context;
    const told = this.record(reason, facts);
    return observer !== undefined && this.hasCommitted ? observer.failed(told, facts) : told;
  }

  left(): void {
    this.abandon();
    this.#context.observer?.left();
  }

  private begin(): OpeningLists<GuardedAnswer> {
    const { options } = this;
    const { request, log } = this.#context;
    const { provider, model } = this.planned;
    const own = { ...request, model };
    const guarding = { ...options, key: this.planned.key?.place, chain: log, observer: this };
    if (!isSelfGuarded(provider)) return guard(provider, own, guarding);
    const { firstChunkMs, ...caps } = options.caps ?? {};
    return guard(provider, own, { ...guarding, caps: { ...caps, commitMs: firstChunkMs ?? caps.commitMs } });
  }

  /** A chain inside this one does not report what that records of others. */
  private closeWalk(): void {
    const { log, closeWalk } = this.#context;
    const told = log.outcomes.length - this.earlier;
    closeWalk();
    this.earlier = log.outcomes.length - told;
  }

  /** Tells log and health store; gives what the caller gets. */
  private record(reason: unknown, { aborted, unread }: FailedCall): unknown {
    const { permit } = this;
    const { log, accounts, held, request } = this.#context;
    if (aborted) {
      this.abandon();
      return request.signal === undefined ? reason : abortReason(request.signal);
    }
    if (!(reason instanceof ChatError)) {
      accounts.release(permit);
      this.end({ outcome: "failed" });
      return reason;
    }
    if (unread || this.isNested()) accounts.release(permit);
    else if (this.wasCut(reason)) accounts.release(permit, true);
    else this.health = accounts.fail(permit, reason, held);
    this.end(this.factsOf(reason), { error: reason });
    return attachRoute(reason, log.route());
  }

  /** Whether it is a chain, which remembers the failures of its own candidates, also where somebody wrapped it. */
  private isNested(): boolean {
    return isSelfGuarded(this.planned.provider) || this.#context.log.outcomes.length > this.earlier;
  }

  /** Whether its time ended before its own settings say that it has been silent for too long. */
  private wasCut({ code }: ChatError): boolean {
    if (this.hasCommitted || (code !== "timeout" && code !== "deadline")) return false;
    const { request, started } = this.#context;
    const { caps, timeouts } = this.options;
    const own = longestSilence(this.planned, request.timeouts, timeouts);
    const limits = [caps?.firstChunkMs, caps?.commitMs, caps?.totalMs];
    const limit = Math.min(...limits.map((ms) => ms || Number.POSITIVE_INFINITY));
    const isOwn = own ? limit >= own : limit === Number.POSITIVE_INFINITY;
    // an earlier end is another timer's, that of the connection for example
    return !isOwn && performance.now() - started >= limit - TIMER_MS;
  }

  private factsOf({ code, phase, status }: ChatError): Facts {
    const outdated = this.health !== undefined && code === "protocol" && isOutdated(this.health);
    const facts = { code, phase, status, reason: outdated ? OUTDATED : undefined };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    return { outcome: "failed", ...Object.fromEntries(known) };
  }

  private abandon(): void {
    this.#context.accounts.release(this.permit, !this.hasCommitted && !this.isNested());
    this.end({ outcome: "aborted" });
  }

  private end(
    facts: Facts,
    { error, finish }: { readonly error?: ChatError; readonly finish?: FinishPart } = {},
  ): void {
    this.ended = true;
    const { log, started } = this.#context;
    // a chain has recorded its own attempts
    if (log.outcomes.length > this.earlier) return;
    const ms = Math.round(performance.now() - started);
    const times = log.reported ? { started, committed: this.committedAt, finish, error } : undefined;
    log.add({ attempt: { ...attemptOf(this.planned), ...facts, ms }, error, health: this.health }, times);
  }
}

/** What an attempt says about the candidate that it asked. */
export function attemptOf({ subject, key }: Planned): Pick<Attempt, "provider" | "model" | "origin" | "key"> {
  const { provider, model, origin } = subject;
  const server = origin === undefined ? undefined : new URL(origin).origin;
  const used = key && { position: key.place + 1, mark: key.mark };
  return { provider, ...(model && { model }), ...(server && { origin: server }), ...(used && { key: used }) };
}
