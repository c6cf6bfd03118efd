import type { Route } from "../contract/contract.ts";

/** A server nearby that was asked and has not begun to answer: its model may have to be loaded first. */
export interface Waiting {
  /** The provider's id. */
  readonly provider: string;
  /** The model that was asked for by name. */
  readonly model?: string | undefined;
  /** When it was asked, in milliseconds of `performance.now()`. */
  readonly since: number;
}

// a registered symbol, because an application and its registry may each hold a copy of this package
const WAITING = Symbol.for("@fallthrough/core/1.waiting");

/** Records in the route of a call which candidate it waits for, or that the wait is over. */
export function noteWaiting(route: Route, waiting: Waiting | undefined): void {
  // hidden, because a route is printed and compared
  Object.defineProperty(route, WAITING, { value: waiting, configurable: true });
}

/** Whom the call of this route waits for. */
export function waitingOf(route: Route): Waiting | undefined {
  return (route as { readonly [WAITING]?: Waiting })[WAITING];
}

/** What a person reads meanwhile. */
export function formatWaiting({ provider, model = "its model", since }: Waiting): string {
  // a name may hold what ends a line
  const name = model.replaceAll(/\p{Cc}/gu, " ");
  return `${provider} is loading ${name} ... ${Math.round((performance.now() - since) / 1000)} s`;
}
