import bounds from "./bounds.json" with { type: "json" };
import type { Figure } from "./figure.ts";

/** What a figure must keep to, and what is aimed at. */
export interface Bound {
  readonly suite: string;
  /** @default every variant of the suite */
  readonly variant?: string | undefined;
  readonly client: string;
  readonly measure: string;
  readonly bound: number;
  readonly aim: number;
  /** More is better. @default false */
  readonly atLeast?: boolean | undefined;
}

const BOUNDS: readonly Bound[] = bounds;

/** The bound of a figure, where it has one. */
export function boundOf({ suite, variant, client, measure }: Figure): Bound | undefined {
  return BOUNDS.find(
    (bound) =>
      bound.suite === suite &&
      bound.client === client &&
      bound.measure === measure &&
      (bound.variant === undefined || bound.variant === variant),
  );
}

/** The number that a bound speaks of: the relation where there is one. */
function judgedValue({ value, relative }: Figure): number {
  return (relative?.summary ?? value).median;
}

/** Whether a figure keeps to its bound. */
export function keepsTo(figure: Figure, { bound, atLeast }: Bound): boolean {
  return atLeast ? judgedValue(figure) >= bound : judgedValue(figure) <= bound;
}
