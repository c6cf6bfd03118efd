import { type Attempt, ChatError, type ChatRequest, type StreamPart } from "@fallthrough/core";
import {
  amendError,
  attachRoute,
  type GuardedParts,
  type GuardOptions,
  guard,
  SELF_GUARDED,
  TAKE,
} from "@fallthrough/core/internal";
import { isOutdated, OUTDATED } from "../health/admission.ts";
import type { HealthStore, Permit } from "../health/health.ts";
import type { Accounts, HeldFailure } from "../health/health-report.ts";
import type { Planned } from "./candidate.ts";
import type { RouteLog } from "./route-log.ts";

/** What a chain gives to a chain inside it. */
export interface ChainCallOptions extends GuardOptions {
  readonly outer?: RouteLog | undefined;
}

interface Chain {
  stream(request: ChatRequest, options: ChainCallOptions): AsyncIterable<StreamPart>;
}

/** What an attempt is part of. */
export interface AttemptContext {
  readonly request: ChatRequest;
  readonly log: RouteLog;
  readonly accounts: Accounts;
  /** The failures that the call holds back from the accounts. */
  readonly held: HeldFailure[];
  readonly health: HealthStore;
  /** The time at which the attempt begins, of `performance.now`. */
  readonly started: number;
}

type Result = IteratorResult<StreamPart, undefined>;

/** The parts of one candidate's answer. */
export interface AttemptParts {
  /** The next part that has come already, if any. */
  take(): StreamPart | undefined;
  next(): Promise<Result>;
  return(): Promise<void>;
}

type Facts = Omit<Attempt, "provider" | "model" | "ms">;

/**
 * Asks one candidate; the first part is its commit.
 *
 * However it ends, the attempt is in the log and in the health store by then; a failure carries the route.
 */
export function createAttempt(
  context: AttemptContext,
  planned: Planned,
  permit: Permit,
  options: GuardOptions,
): AttemptParts {
  return new CandidateAttempt(context, planned, permit, options);
}

class CandidateAttempt implements AttemptParts {
  private readonly context: AttemptContext;
  private readonly planned: Planned;
  private readonly permit: Permit;
  private readonly options: GuardOptions;
  private readonly nested: boolean;
  /** The outcomes that were in the log before. */
  private readonly earlier: number;
  private parts: GuardedParts | undefined = undefined;
  private committed = false;
  private ended = false;

  constructor(context: AttemptContext, planned: Planned, permit: Permit, options: GuardOptions) {
    this.context = context;
    this.planned = planned;
    this.permit = permit;
    this.options = options;
    this.nested = SELF_GUARDED in planned.provider;
    this.earlier = context.log.outcomes.length;
  }

  take(): StreamPart | undefined {
    const part = this.parts?.[TAKE]?.();
    return part === undefined ? undefined : this.receive(part);
  }

  next(): Promise<Result> {
    try {
      this.parts ??= this.begin();
      return this.parts.next().then(this.handOn, this.fail);
    } catch (reason) {
      const { provider, model } = this.planned.subject;
      const error = reason instanceof ChatError ? amendError(reason, { provider, model }) : reason;
      return Promise.reject(error).catch(this.fail);
    }
  }

  async return(): Promise<void> {
    if (!this.ended) this.abandon();
    await this.parts?.return?.();
  }

  private begin(): GuardedParts {
    const { options, context } = this;
    const { provider, model } = this.planned;
    const own = { ...context.request, model };
    if (!this.nested) return guard(provider, own, options);
    const { firstChunkMs, ...caps } = options.caps ?? {};
    const bounds = {
      ...options,
      caps: { ...caps, commitMs: firstChunkMs ?? caps.commitMs },
      outer: context.log,
    };
    return (provider as Chain).stream(own, bounds)[Symbol.asyncIterator]() as GuardedParts;
  }

  private readonly handOn = (result: Result): Result =>
    result.done ? result : { done: false, value: this.receive(result.value) };

  private receive(part: StreamPart): StreamPart {
    if (!this.committed) this.commit();
    if (this.ended || part.type !== "finish") return part;
    const { accounts, log } = this.context;
    const { subject } = this.planned;
    const { route, model } = part;
    accounts.succeed(this.permit);
    this.end({ outcome: "answered", ...(model === undefined ? {} : { reportedModel: model }) });
    const answered = { provider: route?.provider ?? subject.provider, model: route?.model ?? subject.model };
    return { ...part, route: log.route(answered) };
  }

  private commit(): void {
    this.committed = true;
    const { subject } = this.planned;
    const { route } = this.options;
    // a chain has told which of its own candidates it was
    if (this.nested || route === undefined) return;
    route.provider = subject.provider;
    route.model = subject.model;
  }

  private readonly fail = (reason: unknown): never => {
    const { context, permit } = this;
    const { log, accounts, held, request } = context;
    if (this.ended) throw reason;
    if (request.signal?.aborted) {
      this.abandon();
      throw request.signal.reason;
    }
    if (!(reason instanceof ChatError)) {
      accounts.release(permit);
      this.end({ outcome: "failed" });
      throw reason;
    }
    if (this.nested) accounts.release(permit);
    else accounts.fail(permit, reason, held);
    this.end(this.factsOf(reason), reason);
    throw attachRoute(reason, log.route());
  };

  private factsOf({ code, phase, status }: ChatError): Facts {
    const { health } = this.context;
    const outdated = code === "protocol" && isOutdated(health.peek(this.planned.subject));
    const facts = { code, phase, status, reason: outdated ? OUTDATED : undefined };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    return { outcome: "failed", ...Object.fromEntries(known) };
  }

  private abandon(): void {
    this.context.accounts.release(this.permit);
    this.end({ outcome: "aborted" });
  }

  private end(facts: Facts, error?: ChatError): void {
    this.ended = true;
    const { log, started } = this.context;
    // a chain has told its own attempts
    if (this.nested && log.outcomes.length > this.earlier) return;
    const ms = Math.round(performance.now() - started);
    log.add({ attempt: { ...this.planned.subject, ...facts, ms }, error });
  }
}
