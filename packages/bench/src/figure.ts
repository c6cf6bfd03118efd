import { type Summary, summarise } from "./statistics.ts";
import type { Sample } from "./turns.ts";

/** One measured figure: as it is, and as it stands to what it is measured against in the same rounds. */
export interface Figure {
  readonly suite: string;
  readonly variant: string;
  readonly client: string;
  readonly measure: string;
  readonly unit: string;
  readonly value: Summary;
  /** A ratio to the base, or what is added to it in the figure's unit; absent where the figure itself is judged. */
  readonly relative?:
    | { readonly kind: "ratio" | "added"; readonly base: string; readonly summary: Summary }
    | undefined;
}

/** How a measure is named, and what its relation to the base is. */
export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly relation: "ratio" | "added" | "none";
}

/** The figures of all entrants; the relation is taken round by round, and its median is the figure. */
export function figuresOf(
  place: { readonly suite: string; readonly variant: string; readonly base: string },
  measures: readonly Measure[],
  samples: ReadonlyMap<string, readonly Sample[]>,
): readonly Figure[] {
  const { suite, variant, base } = place;
  return measures.flatMap(({ name: measure, unit, relation }) => {
    const valuesOf = (client: string): readonly number[] =>
      (samples.get(client) ?? []).map((sample) => sample[measure] ?? Number.NaN);
    const baseValues = valuesOf(base);
    return [...samples.keys()].flatMap((client): readonly Figure[] => {
      const values = valuesOf(client);
      if (values.every(Number.isNaN)) return [];
      const figure = { suite, variant, client, measure, unit, value: summarise(values) };
      if (relation === "none" || client === base) return [figure];
      const relations = values.map((value, round) => {
        const floor = baseValues[round] ?? Number.NaN;
        return relation === "ratio" ? value / floor : value - floor;
      });
      return [{ ...figure, relative: { kind: relation, base, summary: summarise(relations) } }];
    });
  });
}
