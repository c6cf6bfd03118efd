import {
  type Attempt,
  amendError,
  attachRoute,
  ChatError,
  type ChatRequest,
  type GuardedParts,
  type GuardOptions,
  guard,
  SELF_GUARDED,
  type StreamPart,
  TAKE,
} from "@fallthrough/core";
import type { Accounts, HeldFailure } from "./accounts.ts";
import { isOutdated, OUTDATED } from "./admission.ts";
import type { Planned } from "./candidate.ts";
import type { HealthStore, Permit } from "./health.ts";
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
  const { request, log, accounts, held, health, started } = context;
  const { provider, subject } = planned;
  const { signal } = request;
  const nested = SELF_GUARDED in provider;
  const earlier = log.outcomes.length;
  let parts: GuardedParts | undefined;
  let committed = false;
  let ended = false;

  function begin(): GuardedParts {
    const own = { ...request, model: planned.model };
    if (!nested) return guard(provider, own, options);
    const { firstChunkMs, ...caps } = options.caps ?? {};
    const bounds = { ...options, caps: { ...caps, commitMs: firstChunkMs ?? caps.commitMs }, outer: log };
    return (provider as Chain).stream(own, bounds)[Symbol.asyncIterator]() as GuardedParts;
  }

  function end(facts: Facts, error?: ChatError): void {
    ended = true;
    // a chain has told its own attempts
    if (nested && log.outcomes.length > earlier) return;
    const ms = Math.round(performance.now() - started);
    log.add({ attempt: { ...subject, ...facts, ms }, error });
  }

  function handOn(result: Result): Result {
    return result.done ? result : { done: false, value: receive(result.value) };
  }

  function receive(part: StreamPart): StreamPart {
    if (!committed) commit();
    if (ended || part.type !== "finish") return part;
    const { route, model } = part;
    accounts.succeed(permit);
    end({ outcome: "answered", ...(model === undefined ? {} : { reportedModel: model }) });
    const answered = { provider: route?.provider ?? subject.provider, model: route?.model ?? subject.model };
    return { ...part, route: log.route(answered) };
  }

  function commit(): void {
    committed = true;
    // a chain has told which of its own candidates it was
    const { route } = options;
    if (nested || route === undefined) return;
    route.provider = subject.provider;
    route.model = subject.model;
  }

  function fail(reason: unknown): never {
    if (ended) throw reason;
    if (signal?.aborted) {
      abandon();
      throw signal.reason;
    }
    if (!(reason instanceof ChatError)) {
      accounts.release(permit);
      end({ outcome: "failed" });
      throw reason;
    }
    if (nested) accounts.release(permit);
    else accounts.fail(permit, reason, held);
    end(factsOf(reason), reason);
    throw attachRoute(reason, log.route());
  }

  function factsOf({ code, phase, status }: ChatError): Facts {
    const outdated = code === "protocol" && isOutdated(health.peek(subject));
    const facts = { code, phase, status, reason: outdated ? OUTDATED : undefined };
    const known = Object.entries(facts).filter(([, value]) => value !== undefined);
    return { outcome: "failed", ...Object.fromEntries(known) };
  }

  function abandon(): void {
    accounts.release(permit);
    end({ outcome: "aborted" });
  }

  return {
    take() {
      const part = parts?.[TAKE]?.();
      return part === undefined ? undefined : receive(part);
    },
    next() {
      try {
        parts ??= begin();
        return parts.next().then(handOn, fail);
      } catch (reason) {
        const { provider, model } = subject;
        const error = reason instanceof ChatError ? amendError(reason, { provider, model }) : reason;
        return Promise.reject(error).catch(fail);
      }
    },
    async return() {
      if (!ended) abandon();
      await parts?.return?.();
    },
  };
}
