/** Numbers that look random and that a seed decides. */
export interface Random {
  /** A whole number of this range, both ends included. */
  integer(least: number, most: number): number;
  /** A whole number of this range, of each order of magnitude as often as of any other. */
  size(least: number, most: number): number;
  /** One of these. */
  pick<Value>(values: readonly Value[]): Value;
  /** Whether something happens that happens so often, from 0 to 1. */
  chance(often: number): boolean;
}

/** The numbers of a seed: mulberry32, which mixes even seeds that follow each other. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    integer,
    size: (least, most) => Math.round(least * (most / least) ** next()),
    pick: (values) => values[integer(0, values.length - 1)] as (typeof values)[number],
    chance: (often) => next() < often,
  };
}
