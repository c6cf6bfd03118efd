/** A generator of whole numbers below a limit that gives the same row for the same seed. */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // the low bits of this generator repeat soon
    return Math.floor((state / 2 ** 32) * limit);
  };
}
