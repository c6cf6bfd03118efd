import type { Attempt, ChatError, Route } from "@fallthrough/core";
import type { OpenRoute } from "@fallthrough/core/internal";
import type { Outcome } from "./exhausted.ts";

/** The outcomes of one call of a chain, in order, those of chains inside it among them. */
export interface RouteLog {
  /** Whether others may be asked after the attempt that runs: a chain inside it then leaves its cooldowns alone. */
  others: boolean;
  /** Every attempt so far, with its error. */
  readonly outcomes: readonly Outcome[];
  /** The errors so far. */
  errors(): readonly ChatError[];
  /** Adds an attempt. */
  add(outcome: Outcome): void;
  /** The route so far; with who answered, where somebody did. */
  route(answered?: Pick<Route, "provider" | "model">): Route;
}

/** Where a log tells its outcomes as they come. */
export interface RouteLogOptions {
  /** Told where there is no chain around this one. */
  readonly route?: OpenRoute | undefined;
  /** Called after each attempt. */
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
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
  private readonly openRoute: OpenRoute | undefined;
  private readonly onAttempt: ((attempt: Attempt) => void) | undefined;
  private readonly outer: RouteLog | undefined;

  constructor({ route, onAttempt, outer }: RouteLogOptions) {
    this.openRoute = route;
    this.onAttempt = onAttempt;
    this.outer = outer;
  }

  errors(): readonly ChatError[] {
    return this.outcomes.flatMap(({ error }) => error ?? []);
  }

  add(outcome: Outcome): void {
    const { outer, onAttempt } = this;
    this.outcomes.push(outcome);
    if (outer === undefined) this.openRoute?.attempts.push(outcome.attempt);
    else outer.add(outcome);
    try {
      onAttempt?.(outcome.attempt);
    } catch {
      // an observer changes nothing about what it observes
    }
  }

  route(answered?: Pick<Route, "provider" | "model">): Route {
    return { ...answered, attempts: this.outcomes.map(({ attempt }) => attempt) };
  }
}
