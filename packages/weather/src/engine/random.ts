/** A source of numbers of at least 0 and below 1. */
export type Random = () => number;

/** Numbers that are the same for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed made of several facts (FNV-1a). */
export function seedOf(...facts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const character of facts.join("\n")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

/** About so much: a quarter more or less. */
export function around(random: Random, value: number): number {
  return value * (0.75 + 0.5 * random());
}
