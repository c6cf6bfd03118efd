import type { Attempt, ChatError, Route } from "@fallthrough/core";
import type { OpenRoute } from "@fallthrough/core/internal";
import type { AttemptTimes, CallReporter } from "../events/call-reporter.ts";
import type { Outcome } from "./exhausted.ts";

/** The outcomes of one call of a chain, in order, those of chains inside it among them. */
export interface RouteLog {
  /** Whether others may be asked after the attempt that runs: a chain inside it then leaves its cooldowns alone. */
  others: boolean;
  /** Every attempt so far, with its error. */
  readonly outcomes: readonly Outcome[];
  /** The errors so far. */
  errors(): readonly ChatError[];
  /** Whether somebody wants to know more of an attempt than the route keeps. */
  readonly reported: boolean;
  /** Adds an attempt. */
  add(outcome: Outcome, times?: AttemptTimes): void;
  /** Tells who answers, and since when, of `performance.now`. */
  commit(who: Pick<Route, "provider" | "model">, at: number): void;
  /** The route so far; with who answered, where somebody did. */
  route(answered?: Pick<Route, "provider" | "model">): Route;
}

/** Where a log reports its outcomes as they come. */
export interface RouteLogOptions {
  /** Told where there is no chain around this one. */
  readonly route?: OpenRoute | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
  /** Told of all of it. */
  readonly reporter?: CallReporter | undefined;
  /** The log of the chain around this one. */
  readonly outer?: RouteLog | undefined;
}

/** A log for one call. */
export function createRouteLog(options: RouteLogOptions): RouteLog {
  return new OutcomeLog(options);
}

class OutcomeLog implements RouteLog {
  readonly outcomes: Outcome[] = [];
  others = false;
  readonly reported: boolean;
  private readonly reporter: CallReporter | undefined;
  private readonly openRoute: OpenRoute | undefined;
  private readonly onAttempt: ((attempt: Attempt) => void) | undefined;
  private readonly outer: RouteLog | undefined;

  constructor({ route, onAttempt, reporter, outer }: RouteLogOptions) {
    this.openRoute = route;
    this.onAttempt = onAttempt;
    this.reporter = reporter;
    this.outer = outer;
    this.reported = reporter !== undefined || outer?.reported === true;
  }

  errors(): readonly ChatError[] {
    return this.outcomes.flatMap(({ error }) => error ?? []);
  }

  add(outcome: Outcome, times?: AttemptTimes): void {
    const { outer, onAttempt } = this;
    this.outcomes.push(outcome);
    if (outer === undefined) this.openRoute?.attempts.push(outcome.attempt);
    else outer.add(outcome, times);
    this.reporter?.attempt(outcome.attempt, times);
    try {
      onAttempt?.(outcome.attempt);
    } catch {
      // an observer changes nothing about what it observes
    }
  }

  commit(who: Pick<Route, "provider" | "model">, at: number): void {
    this.outer?.commit(who, at);
    this.reporter?.answering(who, at);
  }

  route(answered?: Pick<Route, "provider" | "model">): Route {
    return { ...answered, attempts: this.outcomes.map(({ attempt }) => attempt) };
  }
}
