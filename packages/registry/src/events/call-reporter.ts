import {
  type Attempt,
  type ChainRequest,
  ChatError,
  type FinishPart,
  type PartialReply,
  type Route,
} from "@fallthrough/core";
import type { CallObserver, FailedCall } from "@fallthrough/core/internal";
import { areChannelsHeard, publishCall } from "./call-channels.ts";
import type { CallListener, CallStarted, OnCall } from "./call-events.ts";

/** The facts of an attempt that its route does not keep. */
export interface AttemptTimes {
  /** When it began, of `performance.now`. */
  readonly started: number;
  /** When its first content came, of `performance.now`. */
  readonly committed: number | undefined;
  /** The end of its answer. */
  readonly finish: FinishPart | undefined;
  /** Why it failed. */
  readonly error: ChatError | undefined;
}

/** Tells the events of one call; where the call itself is watched, that goes on. */
export interface CallReporter extends CallObserver {
  /** An attempt has ended, or a candidate was passed over. */
  attempt(attempt: Attempt, times?: AttemptTimes): void;
  /** The first content came from this one, at this time of `performance.now`. */
  answering(who: Pick<Route, "provider" | "model">, at: number): void;
  /** The call has failed before anybody answered. */
  fail(error: unknown, aborted: boolean): void;
  /** The caller has left. */
  abandon(): void;
}

/** What a reporter has to know of its call. */
export interface ReportedCall {
  /** What is asked. */
  readonly request: ChainRequest;
  /** What is asked for. */
  readonly operation: CallStarted["operation"];
  /** Who watches the call itself. */
  readonly observer: CallObserver | undefined;
  /** Whether the call is a part of another, whose events tell its attempts already. */
  readonly isInner: boolean;
}

/** A reporter of the call that begins now; `undefined` where nobody listens, which costs nothing. */
export function openReporter(
  listeners: ReadonlySet<OnCall>,
  reported: ReportedCall,
): CallReporter | undefined {
  const published = !reported.isInner && areChannelsHeard();
  if (listeners.size === 0 && !published) return undefined;
  return new Reporter(listeners, published, reported);
}

class Reporter implements CallReporter {
  private readonly started = performance.now();
  private readonly listeners: readonly CallListener[];
  private readonly observer: CallObserver | undefined;
  private readonly attempts: Attempt[] = [];
  private answerer: Pick<Route, "provider" | "model"> = {};
  private firstMs: number | undefined = undefined;
  private askedMs = 0;
  private hasEnded = false;

  constructor(
    listeners: ReadonlySet<OnCall>,
    published: boolean,
    { request, operation, observer }: ReportedCall,
  ) {
    const { model } = request;
    const at = performance.timeOrigin + this.started;
    const named = model === undefined ? {} : { model };
    const facts = { id: crypto.randomUUID(), at, operation, ...named };
    const call = hide(facts, "request", request);
    const told = [...listeners].map((listen) => attend(() => listen(call)));
    if (published) told.push(publishCall(call));
    this.observer = observer;
    this.listeners = told.flatMap((listener) => listener ?? []);
  }

  attempt(attempt: Attempt, times?: AttemptTimes): void {
    const now = performance.now();
    const { started = now, committed, finish, error } = times ?? {};
    const index = this.attempts.push(attempt) - 1;
    if (attempt.outcome === "answered") this.answering(attempt, committed ?? now);
    this.askedMs += now - started;
    const first = committed ?? (attempt.outcome === "answered" ? now : undefined);
    const facts = {
      firstMs: first === undefined ? undefined : first - started,
      usage: finish?.usage,
      finishReason: finish?.finishReason,
      responseId: finish?.response?.id,
      error,
    };
    const event = {
      ...attempt,
      index,
      startMs: started - this.started,
      durationMs: now - started,
      ...known(facts),
    };
    this.tell((listener) => listener.attempt?.(event));
  }

  answering({ provider, model }: Pick<Route, "provider" | "model">, at: number): void {
    if (this.firstMs !== undefined || provider === undefined) return;
    const afterMs = at - this.started;
    this.firstMs = afterMs;
    this.answerer = { provider, ...(model === undefined ? {} : { model }) };
    const event = { provider, ...(model === undefined ? {} : { model }), afterMs };
    this.tell((listener) => listener.committed?.(event));
  }

  committed(): void {
    this.observer?.committed();
  }

  finished(finish: FinishPart, answer: () => PartialReply): FinishPart {
    const { usage, finishReason } = finish;
    this.end("answered", { usage, finishReason, route: finish.route }, answer());
    return this.observer === undefined ? finish : this.observer.finished(finish, answer);
  }

  fail(error: unknown, aborted: boolean): void {
    this.end(aborted ? "aborted" : "failed", { error });
  }

  abandon(): void {
    this.end("aborted", {});
  }

  failed(reason: unknown, facts: FailedCall): unknown {
    const partial = reason instanceof ChatError ? reason.partial : undefined;
    this.end(facts.aborted ? "aborted" : "failed", { error: reason }, partial);
    return this.observer === undefined ? reason : this.observer.failed(reason, facts);
  }

  left(): void {
    this.abandon();
    this.observer?.left();
  }

  private end(
    outcome: "answered" | "failed" | "aborted",
    facts: {
      readonly usage?: FinishPart["usage"];
      readonly finishReason?: FinishPart["finishReason"];
      readonly route?: Route | undefined;
      readonly error?: unknown;
    },
    answer?: PartialReply,
  ): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const { firstMs, askedMs, attempts } = this;
    const { route = { ...(outcome === "answered" ? this.answerer : {}), attempts }, ...others } = facts;
    const durationMs = performance.now() - this.started;
    const ended = { outcome, durationMs, askedMs, ...known({ firstMs, ...others }), route };
    const event = hide(ended, "answer", answer);
    this.tell((listener) => listener.ended?.(event));
  }

  private tell(event: (listener: CallListener) => void): void {
    for (const listener of this.listeners) attend(() => event(listener));
  }
}

/** An observer changes nothing about what it observes. */
function attend<Value>(listen: () => Value): Value | undefined {
  try {
    return listen();
  } catch {
    return undefined;
  }
}

/** The facts with one more that is not enumerable. */
function hide<Facts extends object, Name extends string, Value>(
  facts: Facts,
  name: Name,
  value: Value,
): Facts & { readonly [Key in Name]: Value } {
  return Object.defineProperty(facts, name, { value }) as Facts & { readonly [Key in Name]: Value };
}

function known<Facts extends object>(facts: Facts): Partial<Facts> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined),
  ) as Partial<Facts>;
}
